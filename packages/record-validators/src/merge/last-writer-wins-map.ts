import { limitOf } from '@recordkit/record-codec/internal'
import type { DecodeOptions } from '@recordkit/record-codec'
import { readBytes, readFields, readUint64, writeFields } from '@recordkit/record-codec/protobuf'
import { compareBytes, equalBytes, limits as defaultLimits, RecordError } from '@recordkit/record-types'
import { checkBytes, checkCount, describe, mapKey } from '@recordkit/record-types/internal'
import type { NamespaceLimitOptions } from '@recordkit/record-types'
import { sha256 } from '@recordkit/record-crypto'
import { checkNotRevoked } from '../check-not-revoked.ts'
import type { SealingNamespace } from '../namespace.ts'
import { checkNamespaceOptions, limitsOf } from '../options.ts'
import { ignore, refusalOf } from '../refusal.ts'
import { readEntries } from './read-entries.ts'

/** One entry of a map. */
export interface MapEntry {
  readonly key: Uint8Array
  /** ns since the Unix epoch, above 0; the entry with the later time wins */
  readonly time: bigint
  readonly value: Uint8Array
}

/** The entries in byte order of their keys, each key once. */
export type LastWriterWinsMap = readonly MapEntry[]

/** Options of {@link lastWriterWinsMap}. */
export interface LastWriterWinsMapOptions {
  readonly limits?: NamespaceLimitOptions | undefined
  /** maximum number of entries: 1024 take a few ms to merge. A larger map is ignored, also when it results from a merge. @default 1024 */
  readonly maxEntries?: number | undefined
}

/**
 * A namespace of maps, `/name/…`, that are merged entry by entry: the entry with the later time wins, at equal times the one
 * with the higher hash. The content of a `put` is an encoded map of the entries to set. Values are encoded as
 * `message Map { repeated Entry entries = 1; } message Entry { bytes key = 1; uint64 time = 2; bytes value = 3; }`.
 * The maps are unsigned: anyone can write any entry with any time.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 * @example
 * ```ts
 * const engine = new ValidationEngine([lastWriterWinsMap('settings')])
 * const entry = { key: encode('colour'), time: timeFromDate(new Date()), value: encode('green') }
 * await manager.put('/settings/app', encodeLastWriterWinsMap([entry]))
 * ```
 */
export function lastWriterWinsMap(
  name: string,
  options: LastWriterWinsMapOptions = {}
): SealingNamespace<LastWriterWinsMap> & Required<Pick<SealingNamespace<LastWriterWinsMap>, 'merge'>> {
  checkNamespaceOptions(name, options, { limits: 0, maxEntries: 0 })
  const limits = limitsOf(options.limits)
  const maxEntries = checkCount(options.maxEntries, 'maxEntries', 1024)
  return {
    name,
    limits,
    parse(key, value) {
      try {
        const fields = readEntries(value, limits.value, 'map', maxEntries).map(decodeEntry)
        if (!isSorted(fields))
          return ignore(
            'CONTENT_INVALID',
            'the entries of the map are not in byte order of their keys, or a key appears twice'
          )
        if (fields.some(({ time }) => time === 0n))
          return ignore('CONTENT_INVALID', 'the time of an entry is 0; a time above 0 is expected')
        return { key, value, order: orderOf(fields), signed: () => encodeLastWriterWinsMap(fields), fields }
      } catch (error) {
        return refusalOf(error)
      }
    },
    verify: () => ({ status: 'accept' }),
    normalize: (record) => encodeLastWriterWinsMap(record.fields),
    merge: (a, b) => encodeLastWriterWinsMap(mergeMaps(a.fields, b.fields)),
    seal(draft) {
      checkNotRevoked(draft)
      const { content, previous } = draft
      return encodeLastWriterWinsMap(
        mergeMaps(
          previous === undefined ? [] : decodeLastWriterWinsMap(previous, { limit: limits.value }),
          decodeLastWriterWinsMap(content, { limit: limits.value })
        )
      )
    }
  }
}

/**
 * Encodes entries, sorted by their keys.
 *
 * @throws RecordError `INVALID_ARGUMENT` for a key or value that is not a `Uint8Array`, and a time that is not a bigint above 0
 * @example
 * ```ts
 * const content = encodeLastWriterWinsMap([{ key, time, value }])
 * ```
 */
export function encodeLastWriterWinsMap(entries: LastWriterWinsMap): Uint8Array<ArrayBuffer> {
  for (const { key, time, value } of entries) {
    checkBytes(key, 'key', 0, Number.POSITIVE_INFINITY)
    checkBytes(value, 'value', 0, Number.POSITIVE_INFINITY)
    if (typeof time !== 'bigint' || time <= 0n) {
      throw new RecordError(
        'INVALID_ARGUMENT',
        `time is ${describe(time)}; a bigint of nanoseconds above 0 is expected`
      )
    }
  }
  const sorted = [...entries].sort((a, b) => compareBytes(a.key, b.key))
  return writeFields(sorted.flatMap((entry) => [10, encodeEntry(entry)]))
}

/**
 * Decodes the entries of a map.
 *
 * @param bytes - at most `options.limit` (64 KiB)
 * @throws RecordError `PROTOBUF_…`, `TOO_LARGE`, `INVALID_ARGUMENT`
 * @example
 * ```ts
 * for (const { key, value } of decodeLastWriterWinsMap(bytes)) console.log(key, value)
 * ```
 */
export function decodeLastWriterWinsMap(bytes: Uint8Array, options?: DecodeOptions): LastWriterWinsMap {
  return readEntries(bytes, limitOf(options, defaultLimits.value), 'map').map(decodeEntry)
}

function encodeEntry({ key, time, value }: MapEntry): Uint8Array {
  return writeFields([10, key, 16, time, 26, value])
}

function decodeEntry(bytes: Uint8Array): MapEntry {
  const fields = readFields(bytes, bytes.length, 'entry', [10, 16, 26])
  const empty = bytes.subarray(0, 0)
  return { key: readBytes(fields, 0) ?? empty, time: readUint64(fields, 1), value: readBytes(fields, 2) ?? empty }
}

function mergeMaps(a: LastWriterWinsMap, b: LastWriterWinsMap): LastWriterWinsMap {
  const merged = new Map<string, MapEntry>()
  for (const entry of [...a, ...b]) {
    const name = mapKey(entry.key)
    const other = merged.get(name)
    if (other === undefined || wins(entry, other)) merged.set(name, entry)
  }
  return [...merged.values()].sort((x, y) => compareBytes(x.key, y.key))
}

/** The later entry wins; at equal times, the one with the higher hash; of two with one hash, the larger one. */
function wins(a: MapEntry, b: MapEntry): boolean {
  if (a.time !== b.time) return a.time > b.time
  // most entries of two maps are the same, and hashes take most of the time of a merge
  if (equalBytes(a.value, b.value)) return false
  const [first, second] = [entryHash(a), entryHash(b)]
  return first === second ? compareBytes(encodeEntry(a), encodeEntry(b)) > 0 : first > second
}

/** of entries that were decoded: the order of a map and a merge at equal times need the same ones */
const entryHashes = /* @__PURE__ */ new WeakMap<MapEntry, bigint>()

/** 104 bits of the hash of an entry: the sum of up to 65,536 of them fits into 15 bytes. */
function entryHash(entry: MapEntry): bigint {
  const known = entryHashes.get(entry)
  if (known !== undefined) return known
  const bytes = sha256(encodeEntry(entry))
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const hash = (view.getBigUint64(0) << 40n) | (view.getBigUint64(8) >> 24n)
  entryHashes.set(entry, hash)
  return hash
}

/**
 * The sum of all times (16 bytes), then the sum of all entry hashes (15 bytes), big-endian. Every merge that changes the map
 * increases it: an added or later entry increases the first sum, one that wins by its hash the second.
 */
function orderOf(map: LastWriterWinsMap): Uint8Array {
  let times = 0n
  let hashes = 0n
  for (const entry of map) {
    times += entry.time
    hashes += entryHash(entry)
  }
  const order = new Uint8Array(31)
  writeBigEndian(order, 0, 16, times)
  writeBigEndian(order, 16, 15, hashes)
  return order
}

function writeBigEndian(bytes: Uint8Array, offset: number, length: number, value: bigint): void {
  for (let index = 0; index < length; index++)
    bytes[offset + index] = Number((value >> BigInt(8 * (length - 1 - index))) & 255n)
}

function isSorted(map: LastWriterWinsMap): boolean {
  return map.every(({ key }, index) => index === 0 || compareBytes((map[index - 1] as MapEntry).key, key) < 0)
}
