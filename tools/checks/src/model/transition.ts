/** What a store keeps under one key, in the model's small numbers: a record or 0, a mark's rank or 0, until when it is kept. */
export interface Entry {
  readonly record: number
  readonly mark: number
  readonly until: number
}

/** Put record 1 to 4, delete, sweep. */
export type Operation = 1 | 2 | 3 | 4 | 5 | 6

export const operations: readonly Operation[] = [1, 2, 3, 4, 5, 6]
export const [remove, sweep] = [5, 6] as const
/** the last instant, and for how long a mark outlives its record, in ticks */
export const end = 4
export const markAge = 2
export const nothing: Entry = { record: 0, mark: 0, until: 0 }

/** By record: 2 and 3 have one rank and differ in their bytes. */
export const ranks: readonly number[] = [0, 1, 2, 2, 3]
/** By record: its last instant. */
export const expiries: readonly number[] = [-1, 4, 1, 1, Number.POSITIVE_INFINITY]

function isLive(record: number, now: number): boolean {
  return record !== 0 && now <= (expiries[record] ?? -1)
}

function until(record: number, now: number): number {
  const own = expiries[record] ?? -1
  return own !== Number.POSITIVE_INFINITY && own > now + markAge ? own : now + markAge
}

/** The record leaves: its mark, or the higher one there was, for the longer time. */
function leave({ record, mark, until: kept }: Entry, now: number): Entry {
  return { record: 0, mark: Math.max(mark, ranks[record] ?? 0), until: Math.max(kept, until(record, now)) }
}

/** The model's one transition: `decide` of docs/spec/store-put.pml. */
export function transition(from: Entry, operation: Operation, now: number): Entry {
  if (operation === remove) return isLive(from.record, now) ? leave(from, now) : from
  if (operation === sweep) {
    if (from.record !== 0 && !isLive(from.record, now)) return leave(from, now)
    return from.mark !== 0 && from.until < now ? { ...from, mark: 0, until: 0 } : from
  }
  const live = isLive(from.record, now)
  const past = from.record === 0 ? from : leave(from, now)
  const guard = live ? from : past
  const rank = ranks[operation] ?? 0
  if (guard.mark !== 0 && guard.until >= now && rank < guard.mark) return from
  if (live && operation <= from.record) return from
  const beside = past.mark !== 0 && past.until > until(operation, now)
  return { record: operation, mark: beside ? past.mark : 0, until: beside ? past.until : 0 }
}

/** Every entry that can come about up to the last instant, with the instants at which it can. */
export function reachable(): readonly { readonly entry: Entry; readonly now: number }[] {
  const found = new Map<string, { readonly entry: Entry; readonly now: number }>()
  const open = [{ entry: nothing, now: 0 }]
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
