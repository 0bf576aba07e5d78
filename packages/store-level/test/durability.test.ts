import fc from 'fast-check'
import { flushMicrotasks } from '@recordkit/record-conformance'
import { markLifetime } from '@recordkit/record-store'
import { describe, expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { dump, FaultyLevel } from './faulty-level.ts'
import { PowerCutLevel } from './power-cut-level.ts'
import { collect, record, text } from './records.ts'

const encodings = { keyEncoding: 'view', valueEncoding: 'view' } as const

describe('group commit', () => {
  test('shares a sync between concurrent puts', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { durable: true })
    database.syncs = 0
    await Promise.all(Array.from({ length: 64 }, (_, index) => store.put(record(`/k/${index}`, 'v', 1))))
    expect(database.syncs).toBeLessThanOrEqual(2)
    expect((await store.stats()).entries).toBe(64)
  })

  test('writes all puts that arrive during a batch in the next one', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { durable: true })
    database.syncs = 0
    let openGate = (): void => {}
    database.gate = new Promise((resolve) => {
      openGate = resolve
    })
    const first = store.put(record('/first', 'v', 1))
    await flushMicrotasks()
    const others = Array.from({ length: 100 }, (_, index) => store.put(record(`/k/${index}`, 'v', 1)))
    await flushMicrotasks()
    openGate()
    await Promise.all([first, ...others])
    expect(database.syncs).toBe(2)
  })

  test('acknowledges a durable put only after the sync', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { durable: true })
    let openGate = (): void => {}
    database.gate = new Promise((resolve) => {
      openGate = resolve
    })
    let acknowledged = false
    const put = store.put(record('/k', 'v', 1)).then(() => {
      acknowledged = true
    })
    await flushMicrotasks()
    expect(acknowledged).toBe(false)
    openGate()
    await put
    expect((await store.get(text('/k')))?.value).toEqual(text('v'))
  })

  test('requests no sync without `durable`', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k', 'v', 1))
    expect(database.syncs).toBe(0)
  })

  test('rejects every put of a failed batch, and writes later ones', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { durable: true })
    database.writeError = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    const puts = Array.from({ length: 10 }, (_, index) => store.put(record(`/k/${index}`, 'v', 1)))
    for (const result of await Promise.allSettled(puts)) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'STORE_UNKNOWN', cause: database.writeError }
      })
    }
    database.writeError = undefined
    expect(await collect(store.iterate())).toEqual([])
    expect((await store.put(record('/k/1', 'v', 1))).status).toBe('stored')
    expect(await store.stats()).toEqual({ entries: 1, bytes: 38, marks: 0, publications: 0 })
    expect((await store.verify()).problems).toEqual([])
  })

  test('reads the counters again after a batch that failed but was applied', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k/1', 'v', 1))
    database.lateWriteError = new Error('input/output error')
    await expect(store.put(record('/k/2', 'v', 1))).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
    await expect(store.delete(text('/k/1'))).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
    expect(await store.stats()).toEqual({ entries: 1, bytes: 38, marks: 1, publications: 0 })
    database.lateWriteError = undefined
    await store.put(record('/k/3', 'v', 1))
    expect((await store.put(record('/k/1', 'v', 0))).status).toBe('stale')
    expect((await store.verify()).problems).toEqual([])
    expect(await store.stats()).toEqual({ entries: 2, bytes: 76, marks: 1, publications: 0 })
  })

  for (const [kind, of] of [
    ['a database', (database: FaultyLevel) => database],
    ['a sublevel', (database: FaultyLevel) => database.sublevel<Uint8Array, Uint8Array>('records', encodings)]
  ] as const) {
    test(`starts a new log before the first write after a failed one, on ${kind}`, async () => {
      const database = new FaultyLevel()
      const steps: string[] = []
      const compactRange = async (): Promise<void> => {
        steps.push('new log')
      }
      Object.assign(database, { compactRange })
      const store = await LevelRecordStore.open(of(database))
      database.onBatch = () => steps.push('write')
      await store.put(record('/k/1', 'v', 1))
      database.writeError = new Error('no space left on device')
      await expect(store.put(record('/k/2', 'v', 1))).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
      database.writeError = undefined
      // verify writes nothing, but needs the counters, and so a new log
      expect((await store.verify()).problems).toEqual([])
      await store.put(record('/k/2', 'v', 1))
      await store.put(record('/k/3', 'v', 1))
      expect(steps).toEqual(['write', 'new log', 'write', 'write'])
    })
  }

  test('closes a batch that cannot be filled, and writes none of its operations', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database)
    const before = await dump(database)
    const cause = new Error('out of memory')
    let closed = 0
    const { batch } = database
    database.batch = (() => {
      const made = batch.call(database)
      const { close } = made
      return Object.assign(made, {
        put: (): never => {
          throw cause
        },
        close: async () => {
          closed++
          return close.call(made)
        }
      })
    }) as unknown as typeof batch
    // few operations are passed to the database as a list
    const puts = ['/a', '/b', '/c', '/d'].map((key) => ({ type: 'put' as const, record: record(key, 'v', 1) }))
    await expect(store.batch(puts)).rejects.toMatchObject({ code: 'STORE_IO', cause })
    expect(closed).toBe(1)
    expect(await dump(database)).toEqual(before)
    database.batch = batch
    expect(await store.batch(puts)).toMatchObject(puts.map(() => ({ status: 'stored' })))
  })

  test('rejects a write when no new log can be started', async () => {
    const database = new FaultyLevel()
    Object.assign(database, { compactRange: async () => Promise.reject(new Error('no space left on device')) })
    const store = await LevelRecordStore.open(database)
    database.writeError = new Error('no space left on device')
    await expect(store.put(record('/k', 'v', 1))).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
    database.writeError = undefined
    await expect(store.put(record('/k', 'v', 1))).rejects.toMatchObject({ code: 'STORE_IO' })
    expect(await store.has(text('/k'))).toBe(false)
  })
})

describe('the batch of a write', () => {
  test('contains record, indexes and counters of a put; mark, indexes and counters of a delete', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { clock: () => 5n })
    const types: number[][] = []
    database.onBatch = (operations) => {
      types.push(operations.map(({ key }) => key[0] as number))
    }
    await store.put(record('/k', 'v', 1, { expires: 100n }))
    await store.delete(text('/k'))
    expect(types).toEqual([
      [1, 3, 9, 10, 10, 4],
      [3, 1, 2, 3, 9, 9, 10, 10, 10, 4]
    ])
  })

  test('contains no index entry that does not change, and no operation for a record that does not exist', async () => {
    const database = new FaultyLevel()
    let now = 5n
    const store = await LevelRecordStore.open(database, { clock: () => now })
    const until = 4n * markLifetime
    await store.put(record('/k', 'v', 1, { expires: until }))
    const types: number[][] = []
    database.onBatch = (operations) => {
      types.push(operations.map(({ key }) => key[0] as number))
    }
    // the same bytes, received later
    await store.put(record('/k', 'v', 1, { expires: until, timeReceived: 2_000_000_000n }))
    // the mark of the first record stays with its successor, then gets the rank of the successor and keeps its time
    await store.put(record('/k', 'v', 2))
    await store.delete(text('/k'))
    expect((await store.verify()).problems).toEqual([])
    now = until + 1n
    await store.sweep()
    expect(types).toEqual([
      [1, 4],
      [3, 1, 2, 3, 9, 10, 4],
      [1, 2, 9, 10, 10, 4],
      [3, 2, 9, 10, 4]
    ])
    expect(await dump(database)).toHaveLength(2)
  })
})

interface Step {
  readonly kind: 'put' | 'delete' | 'sweep' | 'wait'
  readonly key: number
  readonly rank: number
  readonly expires: number
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    'put' as const,
    'put' as const,
    'put' as const,
    'delete' as const,
    'sweep' as const,
    'wait' as const
  ),
  key: fc.nat(7),
  rank: fc.nat(255),
  expires: fc.nat(40)
})

describe('a power cut', () => {
  for (const durable of [true, false]) {
    const guarantee = durable
      ? 'loses no acknowledged record or mark'
      : 'loses only the newest writes, and leaves no unreadable entry'
    test(`${guarantee} with durable: ${durable}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(), async (steps, count) => {
          const database = new PowerCutLevel()
          let now = 5n
          const store = await LevelRecordStore.open(database, { durable, clock: () => now })
          const running: Promise<unknown>[] = []
          /** the highest acknowledged rank of each key */
          const acknowledged = new Map<number, number>()
          for (const { kind, key, rank, expires } of steps) {
            if (kind === 'wait') {
              await flushMicrotasks()
              now += 1n
            } else if (kind === 'sweep') running.push(store.sweep())
            else if (kind === 'delete') running.push(store.delete(text(`/k/${key}`)))
            else {
              const next = record(`/k/${key}`, `v${rank}`, rank, { expires: now + BigInt(expires) })
              const acknowledge = ({ status }: { status: string }): void => {
                if (status === 'stored') acknowledged.set(key, Math.max(rank, acknowledged.get(key) ?? 0))
              }
              running.push(store.put(next, { group: Uint8Array.of(rank % 3) }).then(acknowledge))
            }
          }
          // the power is cut while writes are running
          const expected = new Map(acknowledged)
          const after = await database.cut(count % (database.unsynced + 1))
          await Promise.all(running)
          const again = await LevelRecordStore.open(after, { durable, clock: () => now })
          expect((await again.verify()).problems).toEqual([])
          expect(await collect(again.iterate())).toBeDefined()
          if (!durable) return
          for (const [key, rank] of expected) {
            const stored = (await again.get(text(`/k/${key}`)))?.rank[0] ?? -1
            const mark = (await again.mark(text(`/k/${key}`)))?.rank[0] ?? -1
            expect(Math.max(stored, mark)).toBeGreaterThanOrEqual(rank)
            if (rank > 0) expect((await again.put(record(`/k/${key}`, 'zz', rank - 1))).status).toBe('stale')
          }
        }),
        { numRuns: 150 }
      )
    })
  }
})
