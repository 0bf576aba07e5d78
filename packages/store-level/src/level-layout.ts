/**
 * The first byte of a key in the database is the type of its entry. These numbers are part of the stored format; changing
 * one requires a new format version.
 */
export const entryType: {
  readonly header: 0
  readonly record: 1
  readonly mark: 2
  readonly expiry: 3
  readonly counters: 4
  readonly quarantine: 5
  readonly age: 6
  readonly publication: 7
} = /* @__PURE__ */ Object.freeze({
  header: 0,
  record: 1,
  mark: 2,
  /** time (8 bytes, big-endian) ‖ type of the entry that expires ‖ its record key */
  expiry: 3,
  counters: 4,
  /** ordinal (8 bytes, big-endian) ‖ full key of an entry that was moved aside */
  quarantine: 5,
  /** ordinal of a mark (8 bytes, big-endian) ‖ its record key: sorts the oldest mark first */
  age: 6,
  publication: 7
})

/** Types of the entries in the index by expiry. */
export type ExpiringType = typeof entryType.record | typeof entryType.mark

const poolSize = 8192
let pool: ArrayBuffer | undefined
let used = 0

/**
 * Allocates a key from a buffer that many keys share. A small array has no buffer of its own until native code asks for it,
 * and creating one for each key would be the largest cost of passing keys to a database.
 */
function allocateKey(length: number): Uint8Array {
  if (pool === undefined || used + length > poolSize) {
    if (length > poolSize) return new Uint8Array(length)
    pool = new ArrayBuffer(poolSize)
    used = 0
  }
  used += length
  return new Uint8Array(pool, used - length, length)
}

/** The full key of an entry: its type, then `key`. */
export function entryKey(type: number, key: Uint8Array): Uint8Array {
  const fullKey = allocateKey(key.length + 1)
  fullKey[0] = type
  fullKey.set(key, 1)
  return fullKey
}

/** The key in the index by expiry of a record that expires, or a mark that ends, at `time` (ns). */
export function expiryKey(time: bigint, expiringType: ExpiringType, key: Uint8Array): Uint8Array {
  const fullKey = allocateKey(key.length + 10)
  fullKey[0] = entryType.expiry
  writeUint32(fullKey, 1, Number(time >> 32n))
  writeUint32(fullKey, 5, Number(BigInt.asUintN(32, time)))
  fullKey[9] = expiringType
  fullKey.set(key, 10)
  return fullKey
}

/** The parts of a key in the index by expiry; `undefined` when it is malformed. */
export function readExpiryKey(
  fullKey: Uint8Array
): { time: bigint; expiringType: ExpiringType; key: Uint8Array } | undefined {
  const expiringType = fullKey[9]
  if (fullKey.length < 11 || (expiringType !== entryType.record && expiringType !== entryType.mark)) return undefined
  const time = (BigInt(readUint32At(fullKey, 1)) << 32n) | BigInt(readUint32At(fullKey, 5))
  return { time, expiringType, key: fullKey.subarray(10) }
}

/** The key in the index by age of the mark with this ordinal. */
export function ageKey(ordinal: number, key: Uint8Array): Uint8Array {
  return ordinalKey(entryType.age, ordinal, key)
}

/** The parts of a key in the index by age; `undefined` when it is malformed. */
export function readAgeKey(fullKey: Uint8Array): { ordinal: number; key: Uint8Array } | undefined {
  return readOrdinalKey(fullKey)
}

/** The key under which an entry is kept that was moved aside: with an ordinal, so that no entry replaces another. */
export function quarantineKey(ordinal: number, fullKey: Uint8Array): Uint8Array {
  return ordinalKey(entryType.quarantine, ordinal, fullKey)
}

/** The parts of the key of an entry that was moved aside, `key` its full key; `undefined` when it is malformed. */
export function readQuarantineKey(fullKey: Uint8Array): { ordinal: number; key: Uint8Array } | undefined {
  return readOrdinalKey(fullKey)
}

function ordinalKey(type: number, ordinal: number, key: Uint8Array): Uint8Array {
  const fullKey = allocateKey(key.length + 9)
  fullKey[0] = type
  writeUint32(fullKey, 1, ordinal / 2 ** 32)
  writeUint32(fullKey, 5, ordinal)
  fullKey.set(key, 9)
  return fullKey
}

function readOrdinalKey(fullKey: Uint8Array): { ordinal: number; key: Uint8Array } | undefined {
  if (fullKey.length < 10) return undefined
  return { ordinal: readUint32At(fullKey, 1) * 2 ** 32 + readUint32At(fullKey, 5), key: fullKey.subarray(9) }
}

/** The range of all entries of a type. */
export function typeRange(type: number): { gte: Uint8Array; lt: Uint8Array } {
  return { gte: Uint8Array.of(type), lt: Uint8Array.of(type + 1) }
}

/** Writes 4 bytes, big-endian. A `DataView` costs several times as much, because small arrays have no buffer of their own. */
export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}

/** Reads 4 bytes, big-endian. */
export function readUint32At(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number)
  const low = ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number)
  return ((high << 16) | low) >>> 0
}
