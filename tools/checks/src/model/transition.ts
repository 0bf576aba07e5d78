/** The entry of one key in the small numbers of the model: the record or 0, the rank of the mark or 0, and when the mark expires. */
export interface Entry {
  readonly record: number
  readonly mark: number
  readonly until: number
}

/** Put record 1 to 4, delete, sweep. */
export type Operation = 1 | 2 | 3 | 4 | 5 | 6

export const operations: readonly Operation[] = [1, 2, 3, 4, 5, 6]
export const [remove, sweep] = [5, 6] as const
/** the last instant, in ticks */
export const end = 4
/** ticks for which a mark is kept after its record is gone */
export const markLifetime = 2
export const emptyEntry: Entry = { record: 0, mark: 0, until: 0 }

/** Ranks by record: 2 and 3 have the same rank and differ in their bytes. */
export const ranks: readonly number[] = [0, 1, 2, 2, 3]
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
function withoutRecord({ record, mark, until: kept }: Entry, now: number): Entry {
  return { record: 0, mark: Math.max(mark, ranks[record] ?? 0), until: Math.max(kept, until(record, now)) }
}

/** The transition of the model: `decide` in docs/spec/store-put.pml. */
export function transition(from: Entry, operation: Operation, now: number): Entry {
  if (operation === remove) return isLive(from.record, now) ? withoutRecord(from, now) : from
  if (operation === sweep) {
    if (from.record !== 0 && !isLive(from.record, now)) return withoutRecord(from, now)
    return from.mark !== 0 && from.until < now ? { ...from, mark: 0, until: 0 } : from
  }
  const live = isLive(from.record, now)
  const past = from.record === 0 ? from : withoutRecord(from, now)
  const compared = live ? from : past
  const rank = ranks[operation] ?? 0
  if (compared.mark !== 0 && compared.until >= now && rank < compared.mark) return from
  if (live && operation <= from.record) return from
  const keepsMark = past.mark !== 0 && past.until > until(operation, now)
  return { record: operation, mark: keepsMark ? past.mark : 0, until: keepsMark ? past.until : 0 }
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
