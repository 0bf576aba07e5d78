import { compareBytes, copyBytes, equalBytes, isRefusal, RecordError } from '@recordkit/record-types'
import type { RecordEngine, Refusal, UnverifiedRecord, VerifiedRecord, VerifyOptions } from '@recordkit/record-types'
import { checkPart, nameOf } from '@recordkit/record-types/internal'

/** Values that could be parsed, the best first. Identical values are adjacent, in their original order. */
export interface Selection {
  readonly ranked: readonly { readonly index: number; readonly record: UnverifiedRecord }[]
  /** values that could not be parsed */
  readonly dropped: readonly { readonly index: number; readonly refusal: Refusal }[]
}

/**
 * Orders values of one key, the best first, without verifying them. Of values with equal orders the larger one is first, as
 * other implementations of libp2p choose: a store compares such records by identity instead, and keeps what it contains. The
 * order is total and does not depend on the order of the input. Values that cannot be parsed are dropped and reported.
 *
 * @example
 * ```ts
 * const { ranked } = selectRecord(engine, key, values)
 * const best = values[ranked[0]?.index ?? -1]
 * ```
 */
export function selectRecord(engine: RecordEngine, key: Uint8Array, values: readonly Uint8Array[]): Selection {
  checkPart(engine, 'engine', ['parse'], 'a ValidationEngine, such as `new ValidationEngine([ipns()])`,')
  if (!Array.isArray(values))
    throw new RecordError('INVALID_ARGUMENT', `values is ${nameOf(values)}; an array of Uint8Arrays is expected`)
  const ranked: { index: number; record: UnverifiedRecord }[] = []
  const dropped: { index: number; refusal: Refusal }[] = []
  const parse = engine.parser?.(key) ?? ((value) => engine.parse(key, value))
  const fingerprints: number[] = []
  const results: (UnverifiedRecord | Refusal)[] = []
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as Uint8Array
    const print = fingerprint(value)
    let same = fingerprints.indexOf(print)
    while (same >= 0 && !equalBytes(values[same] as Uint8Array, value)) same = fingerprints.indexOf(print, same + 1)
    fingerprints.push(print)
    const result = same >= 0 ? (results[same] as UnverifiedRecord | Refusal) : parse(value)
    results.push(result)
    if (isRefusal(result)) dropped.push({ index, refusal: result })
    else ranked.push({ index, record: result })
  }
  ranked.sort(({ record: a, index }, { record: b, index: other }) => compareRecords(b, a) || index - other)
  return { ranked, dropped }
}

/** Identical values are one record: most answers of a look-up are, and their bytes need no comparison. */
function compareRecords(a: UnverifiedRecord, b: UnverifiedRecord): number {
  return a === b ? 0 : compareBytes(a.order, b.order) || compareBytes(a.value, b.value)
}

/** Equal for equal bytes, and mostly different for others, so that few pairs of values are compared byte by byte. */
function fingerprint(bytes: Uint8Array): number {
  const { length } = bytes
  const step = (length >> 4) + 1
  let print = length
  for (let index = 0; index < length; index += step) print = (Math.imul(print, 31) + (bytes[index] as number)) | 0
  return print
}

/** The best valid record, and the values that were refused before it was found. */
export interface Resolution {
  readonly best?: { readonly index: number; readonly record: VerifiedRecord } | undefined
  /** values that could not be parsed, and values that rank higher but are not valid */
  readonly refused: readonly { readonly index: number; readonly refusal: Refusal }[]
}

/**
 * Finds the best valid value of a key. The values are ordered first and then verified from the best down, identical bytes
 * once: twenty valid answers cost one verification, and every forged one that ranks higher costs one more. Key and values are copied.
 *
 * @throws the reason of the signal
 * @example
 * ```ts
 * const { best, refused } = await resolveRecord(engine, key, values)
 * if (best !== undefined) await store(values[best.index])
 * ```
 */
export async function resolveRecord(
  engine: RecordEngine,
  key: Uint8Array,
  values: readonly Uint8Array[],
  options: VerifyOptions = {}
): Promise<Resolution> {
  const { ranked, dropped } = selectRecord(engine, copyBytes(key), values.map(copyBytes))
  const refused = [...dropped]
  let failed: { record: UnverifiedRecord; refusal: Refusal } | undefined
  for (const candidate of ranked) {
    if (failed?.record === candidate.record) {
      refused.push({ index: candidate.index, refusal: failed.refusal })
      continue
    }
    const record = await engine.verify(candidate.record, options)
    if (!isRefusal(record)) return { best: { index: candidate.index, record }, refused }
    failed = { record: candidate.record, refusal: record }
    refused.push({ index: candidate.index, refusal: record })
  }
  return { refused }
}
