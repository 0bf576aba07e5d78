import type { AccountSize, GroupMember, MemberKind } from '@recordkit/record-store'
import { prefixUpperBound } from '@recordkit/record-store'

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
  readonly account: 8
  readonly member: 9
  readonly groupSize: 10
} = /* @__PURE__ */ Object.freeze({
  header: 0,
  record: 1,
  mark: 2,
  /** time (8 bytes, big-endian) ‖ type of the entry that expires ‖ its record key */
  expiry: 3,
  counters: 4,
  /** ordinal (8 bytes, big-endian) ‖ full key of an entry that was moved aside */
  quarantine: 5,
  /** in versions 2 and 3, an index of the marks by age */
  age: 6,
  publication: 7,
  /** name of an account */
  account: 8,
  /** type of a record or mark ‖ length of its group ‖ group ‖ since (8 bytes, big-endian) ‖ its record key */
  member: 9,
  /** measure ‖ bucket of the size (2 bytes, big-endian) ‖ group */
  groupSize: 10
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
  writeTime(fullKey, 1, time)
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
  return { time: readTimeAt(fullKey, 1), expiringType, key: fullKey.subarray(10) }
}

/** The key in the index of members. */
export function memberKey({ kind, group, since, key }: GroupMember): Uint8Array {
  const timeOffset = group.length + 3
  const fullKey = allocateKey(timeOffset + 8 + key.length)
  writeMemberPrefix(fullKey, kind, group)
  writeTime(fullKey, timeOffset, since)
  fullKey.set(key, timeOffset + 8)
  return fullKey
}

/** The parts of a key in the index of members; `undefined` when it is malformed. */
export function readMemberKey(fullKey: Uint8Array): GroupMember | undefined {
  const kind = fullKey[1] === entryType.record ? 'records' : fullKey[1] === entryType.mark ? 'marks' : undefined
  const timeOffset = (fullKey[2] ?? 0) + 3
  if (kind === undefined || fullKey.length <= timeOffset + 8) return undefined
  return {
    kind,
    group: fullKey.subarray(3, timeOffset),
    since: readTimeAt(fullKey, timeOffset),
    key: fullKey.subarray(timeOffset + 8)
  }
}

/** The range of the members of a group, in the order of their times. */
export function memberRange(kind: MemberKind, group: Uint8Array): { gte: Uint8Array; lt: Uint8Array | undefined } {
  const prefix = new Uint8Array(group.length + 3)
  writeMemberPrefix(prefix, kind, group)
  return { gte: prefix, lt: prefixUpperBound(prefix) }
}

function writeMemberPrefix(fullKey: Uint8Array, kind: MemberKind, group: Uint8Array): void {
  fullKey[0] = entryType.member
  fullKey[1] = kind === 'records' ? entryType.record : entryType.mark
  fullKey[2] = group.length
  fullKey.set(group, 3)
}

const measureBytes = { records: 1, bytes: 2, marks: 3 } as const
/** What the sizes of groups are compared by. */
export const measures = ['records', 'bytes', 'marks'] as const

/** The key in the index of groups by size. */
export function groupSizeKey(measure: keyof AccountSize, bucket: number, group: Uint8Array): Uint8Array {
  const fullKey = allocateKey(group.length + 4)
  fullKey[0] = entryType.groupSize
  fullKey[1] = measureBytes[measure]
  fullKey[2] = bucket >> 8
  fullKey[3] = bucket
  fullKey.set(group, 4)
  return fullKey
}

/** The parts of a key in the index of groups by size; `undefined` when it is malformed. */
export function readGroupSizeKey(
  fullKey: Uint8Array
): { measure: keyof AccountSize; bucket: number; group: Uint8Array } | undefined {
  const measure = measures.find((each) => measureBytes[each] === fullKey[1])
  if (measure === undefined || fullKey.length < 4) return undefined
  return { measure, bucket: ((fullKey[2] as number) << 8) | (fullKey[3] as number), group: fullKey.subarray(4) }
}

/** The range of the groups that have a size, smallest first. */
export function groupSizeRange(measure: keyof AccountSize): { gte: Uint8Array; lt: Uint8Array } {
  const byte = measureBytes[measure]
  return { gte: Uint8Array.of(entryType.groupSize, byte), lt: Uint8Array.of(entryType.groupSize, byte + 1) }
}

/** The key under which an entry is kept that was moved aside: with an ordinal, so that no entry replaces another. */
export function quarantineKey(ordinal: number, key: Uint8Array): Uint8Array {
  const fullKey = allocateKey(key.length + 9)
  fullKey[0] = entryType.quarantine
  writeUint32(fullKey, 1, ordinal / 2 ** 32)
  writeUint32(fullKey, 5, ordinal)
  fullKey.set(key, 9)
  return fullKey
}

/** The parts of the key of an entry that was moved aside, `key` its full key; `undefined` when it is malformed. */
export function readQuarantineKey(fullKey: Uint8Array): { ordinal: number; key: Uint8Array } | undefined {
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

const halves: DataView = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8))

/** Writes 8 bytes, big-endian. Halves are taken from a `DataView`, because shifts of a bigint create others. */
function writeTime(bytes: Uint8Array, offset: number, time: bigint): void {
  halves.setBigUint64(0, time)
  writeUint32(bytes, offset, halves.getUint32(0))
  writeUint32(bytes, offset + 4, halves.getUint32(4))
}

function readTimeAt(bytes: Uint8Array, offset: number): bigint {
  halves.setUint32(0, readUint32At(bytes, offset))
  halves.setUint32(4, readUint32At(bytes, offset + 4))
  return halves.getBigUint64(0)
}
