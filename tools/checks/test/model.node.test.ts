import { createStore } from '@recordkit/record-store'
import type { RecordStore } from '@recordkit/record-store'
import { describe, expect, test } from 'vitest'
import { has, transitionsOfModel } from '../src/model/spin.ts'
import {
  expiries,
  operations,
  putIf,
  putOf,
  reachable,
  remove,
  sweep,
  touch,
  transition
} from '../src/model/transition.ts'
import type { Entry, Operation } from '../src/model/transition.ts'
import { key, rankOf, recordOf, SharedKey, timeOf } from './model-backend.ts'

/** @returns whether something was stored, touched, deleted, or swept as a record */
async function perform(store: RecordStore, operation: Operation): Promise<boolean> {
  if (operation === remove) return store.delete(key)
  // at most one record: another one would be another step of the model
  if (operation === sweep) return (await store.sweep({ limit: 1 })) === 1
  if (operation === touch) return store.touch(key, { publication: { key, network: true } })
  const { record, stored } = putOf(operation)
  const ifRank = stored === undefined ? undefined : stored === 0 ? null : rankOf(stored)
  return (await store.put(recordOf(record), { ifRank })).status === 'stored'
}

describe('a step of the model of a put', () => {
  test('equals a step of the store, from every reachable state, by every operation', async () => {
    const states = reachable()
    expect(states.length).toBeGreaterThan(100)
    for (const { entry, now } of states) {
      for (const operation of operations) {
        const shared = new SharedKey(entry)
        const store = createStore(shared.backend(), { clock: () => timeOf(now) })
        const after = transition(entry, operation, now)
        const description = `${JSON.stringify(entry)} by ${operation} at ${now}`
        expect(shared.entry).toEqual(entry)
        const changed = await perform(store, operation)
        expect(shared.entry, description).toEqual(after)
        if (operation !== sweep) expect(changed, description).toBe(after !== entry)
      }
    }
  })

  test.skipIf(!has('spin'))('equals a step of docs/spec/store-put.pml, which spin checks', () => {
    const lines = transitionsOfModel()
    expect(lines.length).toBeGreaterThan(1_000)
    for (const [record = 0, mark = 0, until = 0, published = 0, now = 0, operation = 0, ...to] of lines) {
      const entry: Entry = { record, mark, until, publication: published === 0 ? 0 : 1 }
      const after = transition(entry, operation, now)
      const description = JSON.stringify([entry, now, operation])
      expect([after.record, after.mark, after.until, after.publication], description).toEqual(to)
    }
  })
})

/** A manager of the model: reads and decides, then writes when the entry is unchanged, else reads again. */
class ModelManager {
  #snapshot: Entry | undefined
  done = false
  readonly #operation: Operation

  constructor(operation: Operation) {
    this.#operation = operation
  }

  step(entry: Entry, now: number): Entry {
    if (this.done) return entry
    if (this.#snapshot === undefined) {
      if (transition(entry, this.#operation, now) === entry) this.done = true
      else this.#snapshot = entry
      return entry
    }
    const unchanged = this.#snapshot === entry
    this.#snapshot = undefined
    if (!unchanged) return entry
    this.done = true
    return transition(entry, this.#operation, now)
  }
}

/** A store whose reads and writes each wait for a step. */
class SteppedStore {
  readonly #turns: (() => void)[] = []
  done = false

  constructor(shared: SharedKey, operation: Operation, now: number) {
    const backend = shared.backend(
      () =>
        new Promise((resolve) => {
          this.#turns.push(resolve)
        })
    )
    perform(createStore(backend, { clock: () => timeOf(now), random: () => 0 }), operation).then(
      () => (this.done = true),
      () => (this.done = true)
    )
  }

  async step(): Promise<void> {
    await flushMicrotasks()
    this.#turns.shift()?.()
    await flushMicrotasks()
  }
}

async function flushMicrotasks(): Promise<void> {
  for (let turn = 0; turn < 24; turn++) await Promise.resolve()
}

function isSame(one: Entry, other: Entry): boolean {
  return (
    one.record === other.record &&
    one.mark === other.mark &&
    one.until === other.until &&
    one.publication === other.publication
  )
}

describe('two stores that share one key', () => {
  const now = 2
  const states = reachable().filter((state) => state.now === now)
  // a sweep of the code reads an index first and then makes the same change: its turns are those of a delete
  const conditional = [putIf(2, 0), putIf(3, 0), putIf(2, 1), putIf(3, 1)]
  const concurrent = [1, 2, 3, 4, remove, touch, ...conditional]

  // `npm run model` runs all combinations
  const runsAll = process.env['ALL_CASES'] === '1'
  const sample = 4

  for (let schedule = 0; schedule < 16; schedule++) {
    const turns = [...Array.from({ length: 4 }, (_, index) => (schedule >> index) & 1), 1, 1, 0, 0, 0, 1]
    test(`end in the state of the model when their steps alternate as ${turns.join('')}`, async () => {
      for (const [index, { entry }] of states.entries()) {
        for (const first of concurrent) {
          for (const second of concurrent) {
            if (!runsAll && (index + first + second + schedule) % sample !== 0) continue
            const shared = new SharedKey(entry)
            const stores = [new SteppedStore(shared, first, now), new SteppedStore(shared, second, now)] as const
            const models = [new ModelManager(first), new ModelManager(second)] as const
            let expected = entry
            for (const turn of turns) {
              await stores[turn as 0 | 1].step()
              expected = models[turn as 0 | 1].step(expected, now)
              // a million comparisons: `expect` only reports those that fail
              if (!isSame(shared.entry, expected))
                expect(shared.entry, `${JSON.stringify(entry)} ${first} ${second}`).toEqual(expected)
            }
            for (const [index, { done }] of stores.entries())
              if (done !== models[index]?.done) expect(done, `${JSON.stringify(entry)} ${first} ${second}`).toBe(!done)
          }
        }
      }
    })
  }
})

test('the records of the model have rising ranks, two expire together, and one never expires', () => {
  for (const record of [1, 2, 3]) expect(Buffer.compare(rankOf(record), rankOf(record + 1))).toBe(-1)
  expect(recordOf(2).expires).toBe(recordOf(3).expires)
  expect(expiries[4]).toBe(Number.POSITIVE_INFINITY)
  expect(recordOf(4).expires).toBeUndefined()
})
