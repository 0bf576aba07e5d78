import { compareRecords, equalBytes, isRefusal } from '@recordkit/record-types'
import type { OpenedRecord, RecordEngine, Refusal, VerifyOptions } from '@recordkit/record-types'

/** Candidates that could be read, best first; identical ones stand together, in the order they came. */
export interface Selection {
  readonly ranked: readonly { readonly index: number; readonly opened: OpenedRecord }[]
  /** candidates that could not be read */
  readonly dropped: readonly { readonly index: number; readonly refusal: Refusal }[]
}

/**
 * Orders the values found under a key, best first, without verifying any. The order is total and does not depend on the
 * order they came in; an unreadable one is dropped and reported.
 */
export function select(engine: RecordEngine, key: Uint8Array, values: readonly Uint8Array[]): Selection {
  const ranked: { index: number; opened: OpenedRecord }[] = []
  const dropped: { index: number; refusal: Refusal }[] = []
  const parsed: { value: Uint8Array; result: OpenedRecord | Refusal }[] = []
  for (const [index, value] of values.entries()) {
    let twin = parsed.find((other) => equalBytes(other.value, value))
    if (twin === undefined) {
      twin = { value, result: engine.parse(key, value) }
      parsed.push(twin)
    }
    if (isRefusal(twin.result)) dropped.push({ index, refusal: twin.result })
    else ranked.push({ index, opened: twin.result })
  }
  ranked.sort((a, b) => compareRecords(b.opened, a.opened) || a.index - b.index)
  return { ranked, dropped }
}

/** The best valid record, and what was refused on the way to it. */
export interface Resolution {
  readonly best?: { readonly index: number; readonly opened: OpenedRecord }
  /** everything refused before the best one was found: unreadable, or better-looking and false */
  readonly refused: readonly { readonly index: number; readonly refusal: Refusal }[]
}

/**
 * The best valid one of the values found under a key: ordered first, then verified from the best down, identical bytes
 * once. Twenty honest answers cost one signature; a forged favourite costs one more.
 */
export async function resolve(
  engine: RecordEngine,
  key: Uint8Array,
  values: readonly Uint8Array[],
  options: VerifyOptions = {}
): Promise<Resolution> {
  const { ranked, dropped } = select(engine, key, values)
  const refused = [...dropped]
  let failed: { opened: OpenedRecord; refusal: Refusal } | undefined
  for (const candidate of ranked) {
    if (failed?.opened === candidate.opened) {
      refused.push({ index: candidate.index, refusal: failed.refusal })
      continue
    }
    const verdict = await engine.verify(candidate.opened, options)
    if (!isRefusal(verdict)) return { best: candidate, refused }
    failed = { opened: candidate.opened, refusal: verdict }
    refused.push({ index: candidate.index, refusal: verdict })
  }
  return { refused }
}
