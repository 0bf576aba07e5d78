import { equalBytes, isRefusal } from '@recordkit/record-types'
import type { RecordEngine, Refusal, UnverifiedRecord, VerifiedRecord, VerifyOptions } from '@recordkit/record-types'

/** Candidates that could be read, best first; identical ones stand together, in the order they came. */
export interface Selection {
  readonly ranked: readonly { readonly index: number; readonly record: UnverifiedRecord }[]
  /** candidates that could not be read */
  readonly dropped: readonly { readonly index: number; readonly refusal: Refusal }[]
}

/**
 * Orders the values found under a key, best first, without verifying any. The order is total and does not depend on the
 * order they came in; an unreadable one is dropped and reported.
 */
export function selectRecord(engine: RecordEngine, key: Uint8Array, values: readonly Uint8Array[]): Selection {
  const ranked: { index: number; record: UnverifiedRecord }[] = []
  const dropped: { index: number; refusal: Refusal }[] = []
  const parse = engine.parser?.(key) ?? ((value) => engine.parse(key, value))
  const prints: number[] = []
  const results: (UnverifiedRecord | Refusal)[] = []
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as Uint8Array
    const print = fingerprint(value)
    let twin = prints.indexOf(print)
    while (twin >= 0 && !equalBytes(values[twin] as Uint8Array, value)) twin = prints.indexOf(print, twin + 1)
    prints.push(print)
    const result = twin >= 0 ? (results[twin] as UnverifiedRecord | Refusal) : parse(value)
    results.push(result)
    if (isRefusal(result)) dropped.push({ index, refusal: result })
    else ranked.push({ index, record: result })
  }
  ranked.sort((a, b) => engine.compare(b.record, a.record) || a.index - b.index)
  return { ranked, dropped }
}

/** A number that is the same for the same bytes and mostly another for others: spares comparing each with each. */
function fingerprint(bytes: Uint8Array): number {
  const { length } = bytes
  const step = (length >> 4) + 1
  let print = length
  for (let index = 0; index < length; index += step) print = (Math.imul(print, 31) + (bytes[index] as number)) | 0
  return print
}

/** The best valid record, and what was refused on the way to it. */
export interface Resolution {
  readonly best?: { readonly index: number; readonly record: VerifiedRecord } | undefined
  /** everything refused before the best one was found: unreadable, or better-looking and false */
  readonly refused: readonly { readonly index: number; readonly refusal: Refusal }[]
}

/**
 * The best valid one of the values found under a key: ordered first, then verified from the best down, identical bytes
 * once. Twenty honest answers cost one signature; a forged favourite costs one more.
 */
export async function resolveRecord(
  engine: RecordEngine,
  key: Uint8Array,
  values: readonly Uint8Array[],
  options: VerifyOptions = {}
): Promise<Resolution> {
  const { ranked, dropped } = selectRecord(engine, key, values)
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
