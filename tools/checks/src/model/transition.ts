/**
 * The entry of one key in the small numbers of the model: the record or 0, the rank of the mark or 0, when the mark expires,
 * and whether there is a publication.
 */
export interface Entry {
  readonly record: number
  readonly mark: number
  readonly until: number
  readonly publication: 0 | 1
}

/** Put record 1 to 4, delete, sweep, touch the publication; from 8 on, a put with a condition. */
export type Operation = number

export const [remove, sweep, touch, firstConditional] = [5, 6, 7, 8] as const

/** A put of `record` with the condition that the record `stored` is stored, or that none is (0). */
export function putIf(record: number, stored: number): Operation {
  return firstConditional + 5 * (record - 1) + stored
}

/** Record and condition of a put; `stored` is `undefined` for a put without a condition. */
export function putOf(operation: Operation): { readonly record: number; readonly stored: number | undefined } {
  if (operation < firstConditional) return { record: operation, stored: undefined }
  const index = operation - firstConditional
  return { record: 1 + Math.floor(index / 5), stored: index % 5 }
}

export const operations: readonly Operation[] = Array.from({ length: 27 }, (_, index) => index + 1)
/** the last instant, in ticks */
export const end = 4
/** ticks for which a mark is kept after its record is gone */
export const markLifetime = 2
export const emptyEntry: Entry = { record: 0, mark: 0, until: 0, publication: 0 }

/** The last valid instant by record. */
export const expiries: readonly number[] = [-1, 4, 1, 1, Number.POSITIVE_INFINITY]

function isLive(record: number, now: number): boolean {
  return record !== 0 && now <= (expiries[record] ?? -1)
}

function until(record: number, now: number): number {
  const own = expiries[record] ?? -1
  return own !== Number.POSITIVE_INFINITY && own > now + markLifetime ? own : now + markLifetime
}

/** Removes the record: its mark remains, or a higher existing mark, for the longer time. */
function withoutRecord({ record, mark, until: kept, publication }: Entry, now: number): Entry {
  return { record: 0, mark: Math.max(mark, record), until: Math.max(kept, until(record, now)), publication }
}

/** The transition of the model: `decide` in docs/spec/store-put.pml. */
export function transition(from: Entry, operation: Operation, now: number): Entry {
  const live = isLive(from.record, now)
  if (operation === remove) {
    if (!live && from.publication === 0) return from
    return { ...(from.record === 0 ? from : withoutRecord(from, now)), publication: 0 }
  }
  if (operation === touch) return live || from.publication === 1 ? { ...from, publication: 1 } : from
  if (operation === sweep) {
    // a record that lapses stays while its key is published
    if (from.record !== 0 && !live && from.publication === 0) return withoutRecord(from, now)
    return from.mark !== 0 && from.until < now ? { ...from, mark: 0, until: 0 } : from
  }
  const { record, stored } = putOf(operation)
  if (live && record === from.record) return from
  if (stored !== undefined && stored !== (live ? from.record : 0)) return from
  const past = from.record === 0 ? from : withoutRecord(from, now)
  const compared = live ? from : past
  if (compared.mark !== 0 && compared.until >= now && record < compared.mark) return from
  if (live && record < from.record) return from
  const keepsMark = past.mark !== 0 && past.until > until(record, now)
  const { publication } = from
  return { record, mark: keepsMark ? past.mark : 0, until: keepsMark ? past.until : 0, publication }
}

/** All reachable states up to the last instant. */
export function reachable(): readonly { readonly entry: Entry; readonly now: number }[] {
  const found = new Map<string, { readonly entry: Entry; readonly now: number }>()
  const open = [{ entry: emptyEntry, now: 0 }]
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const { entry, now } = state
    const name = JSON.stringify(state)
    if (found.has(name)) continue
    found.set(name, state)
    if (now < end) open.push({ entry, now: now + 1 })
    for (const operation of operations) open.push({ entry: transition(entry, operation, now), now })
  }
  return [...found.values()]
}
