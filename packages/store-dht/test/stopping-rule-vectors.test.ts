import vectors from '@recordkit/vectors/recordkit/stopping-rule.json' with { type: 'json' }
import { expect, test } from 'vitest'
import { ReadProgress } from '../src/read-progress.ts'
import type { PeerDistance } from '../src/read-progress.ts'

/** Peers are their distances. */
interface LookupEvent {
  /** ms */
  readonly at: number
  readonly path?: number
  readonly asks?: readonly number[]
  readonly answers?: number
  readonly names?: readonly number[]
  readonly fails?: number
  readonly ends?: number
  readonly status?: string
  readonly overdue?: readonly number[]
}

test.each(vectors.cases)('a look-up with the events of the vector $id ends as it says', ({ events }) => {
  let now = 0
  const progress = new ReadProgress<number>(() => now)
  let decisions = 0
  for (const {
    at,
    path = 0,
    asks = [],
    answers,
    names = [],
    fails,
    ends,
    status,
    overdue
  } of events as LookupEvent[]) {
    now = at
    for (const peer of asks) progress.asked(path, peer, peer)
    if (answers !== undefined)
      progress.answered(
        path,
        answers,
        answers,
        names.map((name): PeerDistance<number> => [name, name])
      )
    if (fails !== undefined) progress.failed(path, fails)
    if (ends !== undefined) progress.ended(ends)
    if (status === undefined) continue
    decisions++
    expect(progress.status).toBe(status)
    expect(progress.overdue.toSorted((a, b) => a - b)).toEqual(overdue)
  }
  expect(decisions).toBeGreaterThan(0)
})
