import fc from 'fast-check'
import { collect } from '@recordkit/record-conformance'
import { markLifetime } from '@recordkit/record-store'
import { describe, expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { dump, FaultyLevel } from './faulty-level.ts'
import { PowerCutLevel } from './power-cut-level.ts'
import { record, text } from './records.ts'

const encodings = { keyEncoding: 'view', valueEncoding: 'view' } as const

describe('group commit', () => {
  test('lets puts that wait share a sync', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { durable: true })
    database.syncs = 0
    await Promise.all(Array.from({ length: 64 }, (_, index) => store.put(record(`/k/${index}`, 'v', 1))))
    expect(database.syncs).toBeLessThanOrEqual(2)
    expect((await store.stats()).entries).toBe(64)
  })

  test('writes all that came while a batch was under way in the next', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { durable: true })
    database.syncs = 0
    let open = (): void => {}
    database.gate = new Promise((resolve) => {
      open = resolve
    })
    const first = store.put(record('/first', 'v', 1))
    await settle()
    const others = Array.from({ length: 100 }, (_, index) => store.put(record(`/k/${index}`, 'v', 1)))
    await settle()
    open()
    await Promise.all([first, ...others])
    expect(database.syncs).toBe(2)
  })

  test('does not acknowledge before the sync', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { durable: true })
    let open = (): void => {}
    database.gate = new Promise((resolve) => {
      open = resolve
    })
    let acknowledged = false
    const put = store.put(record('/k', 'v', 1)).then(() => {
      acknowledged = true
    })
    await settle()
    expect(acknowledged).toBe(false)
    open()
    await put
    expect((await store.get(text('/k')))?.value).toEqual(text('v'))
  })

  test('asks for no sync without `durable`', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k', 'v', 1))
    expect(database.syncs).toBe(0)
  })

  test('fails every put of a batch that fails, and goes on', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { durable: true })
    database.writeError = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    const puts = Array.from({ length: 10 }, (_, index) => store.put(record(`/k/${index}`, 'v', 1)))
    for (const result of await Promise.allSettled(puts)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'STORE_IO', cause: database.writeError } })
    }
    database.writeError = undefined
    expect(await collect(store.iterate())).toEqual([])
    expect((await store.put(record('/k/1', 'v', 1))).status).toBe('stored')
    expect(await store.stats()).toEqual({ entries: 1, bytes: 6, marks: 0 })
    expect((await store.verify()).problems).toEqual([])
  })

  test('counts on from what is there after a batch that was applied and failed all the same', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database)
    await store.put(record('/k/1', 'v', 1))
    database.lateWriteError = new Error('input/output error')
    await expect(store.put(record('/k/2', 'v', 1))).rejects.toMatchObject({ code: 'STORE_IO' })
    await expect(store.delete(text('/k/1'))).rejects.toMatchObject({ code: 'STORE_IO' })
    database.lateWriteError = undefined
    await store.put(record('/k/3', 'v', 1))
    expect((await store.put(record('/k/1', 'v', 0))).status).toBe('stale')
    expect((await store.verify()).problems).toEqual([])
    expect(await store.stats()).toEqual({ entries: 2, bytes: 12, marks: 1 })
  })

  for (const [kind, of] of [
    ['a database', (database: FaultyLevel) => database],
    ['a sublevel', (database: FaultyLevel) => database.sublevel<Uint8Array, Uint8Array>('records', encodings)]
  ] as const) {
    test(`begins a new log before it writes after a failure, on ${kind}`, async () => {
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
      await expect(store.put(record('/k/2', 'v', 1))).rejects.toMatchObject({ code: 'STORE_IO' })
      database.writeError = undefined
      // which writes nothing, but must know what there is
      expect((await store.verify()).problems).toEqual([])
      await store.put(record('/k/2', 'v', 1))
      await store.put(record('/k/3', 'v', 1))
      expect(steps).toEqual(['write', 'new log', 'write', 'write'])
    })
  }

  test('closes a batch that cannot be filled, and writes nothing of it', async () => {
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
    await expect(store.put(record('/k', 'v', 1))).rejects.toMatchObject({ code: 'STORE_IO', cause })
    expect(closed).toBe(1)
    expect(await dump(database)).toEqual(before)
    database.batch = batch
    expect((await store.put(record('/k', 'v', 1))).status).toBe('stored')
  })

  test('refuses the write when no new log can be begun', async () => {
    const database = new FaultyLevel()
    Object.assign(database, { compactRange: async () => Promise.reject(new Error('no space left on device')) })
    const store = await LevelRecordStore.open(database)
    database.writeError = new Error('no space left on device')
    await expect(store.put(record('/k', 'v', 1))).rejects.toMatchObject({ code: 'STORE_IO' })
    database.writeError = undefined
    await expect(store.put(record('/k', 'v', 1))).rejects.toMatchObject({ code: 'STORE_IO' })
    expect(await store.has(text('/k'))).toBe(false)
  })
})

describe('one batch', () => {
  test('holds record, index and counters of a put; mark, index and counters of a delete', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { clock: () => 5n })
    const spaces: number[][] = []
    database.onBatch = (operations) => {
      spaces.push(operations.map(({ key }) => key[0] as number))
    }
    await store.put(record('/k', 'v', 1, { expires: 100n }))
    await store.delete(text('/k'))
    expect(spaces).toEqual([
      [1, 3, 4],
      [3, 1, 2, 6, 3, 4]
    ])
  })

  test('holds no index entry that stays where it is, and nothing of a record that is not there', async () => {
    const database = new FaultyLevel()
    let now = 5n
    const store = await LevelRecordStore.open(database, { clock: () => now })
    const until = 4n * markLifetime
    await store.put(record('/k', 'v', 1, { expires: until }))
    const spaces: number[][] = []
    database.onBatch = (operations) => {
      spaces.push(operations.map(({ key }) => key[0] as number))
    }
    // the same bytes, a later receipt
    await store.put(record('/k', 'v', 1, { expires: until, timeReceived: 2n }))
    // its mark stays beside its successor, and then takes the successor's rank for the same time
    await store.put(record('/k', 'v', 2))
    await store.delete(text('/k'))
    expect((await store.verify()).problems).toEqual([])
    now = until + 1n
    await store.sweep()
    expect(spaces).toEqual([
      [1, 4],
      [3, 1, 2, 6, 3, 4],
      [1, 6, 2, 6, 4],
      [3, 6, 2, 4]
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
    const promise = durable
      ? 'loses nothing that was acknowledged'
      : 'loses the newest only, and leaves nothing unreadable'
    test(`${promise} with durable: ${durable}, marks included`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(), async (steps, kept) => {
          const database = new PowerCutLevel()
          let now = 5n
          const store = await LevelRecordStore.open(database, { durable, clock: () => now })
          const running: Promise<unknown>[] = []
          /** the highest rank under a key that was acknowledged */
          const acknowledged = new Map<number, number>()
          for (const { kind, key, rank, expires } of steps) {
            if (kind === 'wait') {
              await settle()
              now += 1n
            } else if (kind === 'sweep') running.push(store.sweep())
            else if (kind === 'delete') running.push(store.delete(text(`/k/${key}`)))
            else {
              const given = record(`/k/${key}`, `v${rank}`, rank, { expires: now + BigInt(expires) })
              const note = ({ status }: { status: string }): void => {
                if (outcome === 'stored') acknowledged.set(key, Math.max(rank, acknowledged.get(key) ?? 0))
              }
              running.push(store.put(given).then(note))
            }
          }
          // the cut comes in the middle of what runs
          const promised = new Map(acknowledged)
          const after = await database.cut(kept % (database.unsynced + 1))
          await Promise.all(running)
          const again = await LevelRecordStore.open(after, { durable, clock: () => now })
          expect((await again.verify()).problems).toEqual([])
          expect(await collect(again.iterate())).toBeDefined()
          if (!durable) return
          for (const [key, rank] of promised) {
            const held = (await again.get(text(`/k/${key}`)))?.rank[0] ?? -1
            const mark = (await again.mark(text(`/k/${key}`)))?.rank[0] ?? -1
            expect(Math.max(held, mark)).toBeGreaterThanOrEqual(rank)
            if (rank > 0) expect((await again.put(record(`/k/${key}`, 'zz', rank - 1))).status).toBe('stale')
          }
        }),
        { numRuns: 150 }
      )
    })
  }
})

/** Lets everything go on that can. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve()
}
