/**
 * Where things stand in the database: the first byte of a key says what its entry is. Part of the stored format; a
 * change here is a new format version.
 */
export const space: {
  readonly header: 0
  readonly record: 1
  readonly mark: 2
  readonly expiry: 3
  readonly counters: 4
  readonly quarantine: 5
  readonly age: 6
} = /* @__PURE__ */ Object.freeze({
  header: 0,
  record: 1,
  mark: 2,
  /** time (8 bytes, big-endian) ‖ space of what expires ‖ its key */
  expiry: 3,
  counters: 4,
  /** the whole key of an entry that was moved aside */
  quarantine: 5,
  /** ordinal of a mark (8 bytes, big-endian) ‖ its key: the mark set longest ago stands first */
  age: 6
})

/** What has its own index entry. */
export type Expiring = typeof space.record | typeof space.mark

const poolSize = 8192
let pool: ArrayBuffer | undefined
let used = 0

/**
 * Room for a key in memory that keys share. A small array has no buffer of its own until native code asks for it, and
 * making one for each key is what handing keys to a database would cost most.
 */
function keyBytes(length: number): Uint8Array {
  if (pool === undefined || used + length > poolSize) {
    if (length > poolSize) return new Uint8Array(length)
    pool = new ArrayBuffer(poolSize)
    used = 0
  }
  used += length
  return new Uint8Array(pool, used - length, length)
}

/** A key within a space. */
export function spaceKey(prefix: number, key: Uint8Array): Uint8Array {
  const full = keyBytes(key.length + 1)
  full[0] = prefix
  full.set(key, 1)
  return full
}

/** The index key of a record that expires, or a mark that ends, at `time` (ns). */
export function expiryKey(time: bigint, expiring: Expiring, key: Uint8Array): Uint8Array {
  const full = keyBytes(key.length + 10)
  full[0] = space.expiry
  writeUint32(full, 1, Number(time >> 32n))
  writeUint32(full, 5, Number(BigInt.asUintN(32, time)))
  full[9] = expiring
  full.set(key, 10)
  return full
}

/** The parts of an index key; `undefined` when it is none. */
export function readExpiryKey(full: Uint8Array): { time: bigint; expiring: Expiring; key: Uint8Array } | undefined {
  const expiring = full[9]
  if (full.length < 11 || (expiring !== space.record && expiring !== space.mark)) return undefined
  const time = (BigInt(readUint32At(full, 1)) << 32n) | BigInt(readUint32At(full, 5))
  return { time, expiring, key: full.subarray(10) }
}

/** The index key of a mark by its age. */
export function ageKey(ordinal: number, key: Uint8Array): Uint8Array {
  const full = keyBytes(key.length + 9)
  full[0] = space.age
  writeUint32(full, 1, ordinal / 2 ** 32)
  writeUint32(full, 5, ordinal)
  full.set(key, 9)
  return full
}

/** The parts of an index key; `undefined` when it is none. */
export function readAgeKey(full: Uint8Array): { ordinal: number; key: Uint8Array } | undefined {
  if (full.length < 10) return undefined
  return { ordinal: readUint32At(full, 1) * 2 ** 32 + readUint32At(full, 5), key: full.subarray(9) }
}

/** Writes 4 bytes, largest first. A `DataView` would cost several times as much: small arrays have no buffer of their own. */
export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}

/** Reads 4 bytes, largest first. */
export function readUint32At(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number)
  const low = ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number)
  return ((high << 16) | low) >>> 0
}
