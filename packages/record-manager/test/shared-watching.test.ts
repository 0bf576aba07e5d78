import { flushMicrotasks } from '@recordkit/record-conformance'
import { RecordManager } from '@recordkit/record-manager'
import { createStore } from '@recordkit/record-store'
import type { StoreChange } from '@recordkit/record-store'
import { LocalChanges, MapBackend } from '@recordkit/record-store/internal'
import type { Clock } from '@recordkit/record-types'
import { RecordError } from '@recordkit/record-types'
import { hour, second } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { bytes, createTestManager, text } from './test-manager.ts'

const day = 24n * hour

/** One database, which reports changes to every process. */
class Database {
  readonly entries: MapBackend['entries'] = new Map()
  readonly reports = new LocalChanges()
  /** as if the connection were lost: iterations of changes fail, or end without an error */
  fault: Error | 'end' | undefined
  readonly interrupted: Set<() => void> = new Set()
  subscriptions = 0

  interrupt(fault: Error | 'end'): void {
    this.fault = fault
    for (const wake of this.interrupted) wake()
  }
}

/** The backend of one process. */
class ProcessBackend extends MapBackend {
  readonly #database: Database

  constructor(database: Database) {
    super(database.entries)
    this.#database = database
  }

  override async write(changes: readonly StoreChange[]): Promise<boolean> {
    const isWritten = await super.write(changes)
    if (isWritten) for (const { key } of changes) this.#database.reports.notify(key)
    return isWritten
  }

  async *changes({ signal }: { readonly signal?: AbortSignal | undefined }): AsyncGenerator<Uint8Array> {
    const database = this.#database
    database.subscriptions++
    const broken = new AbortController()
    const onInterrupt = (): void => broken.abort()
    database.interrupted.add(onInterrupt)
    try {
      if (database.fault === undefined)
        yield* database.reports.open(AbortSignal.any([signal as AbortSignal, broken.signal]))
    } catch (error) {
      if (!broken.signal.aborted) throw error
    } finally {
      database.interrupted.delete(onInterrupt)
    }
    if (database.fault instanceof Error) throw database.fault
  }
}

/** Managers with one signer in several processes, and what their watchers receive. */
async function setUp() {
  const all = await createTestManager()
  const { engine, signer, time, key } = all
  const { clock, setTimer } = time
  const database = new Database()
  const processOf = (itsClock: Clock = clock) => {
    const backend = new ProcessBackend(database)
    const store = createStore(backend, { clock, setTimer: () => () => undefined })
    const manager = new RecordManager({ engine, store, signer, clock: itsClock, setTimer })
    const interruptions: unknown[] = []
    manager.events.addEventListener('changes:unread', ({ detail }) => interruptions.push(detail.error))
    const watch = async (watched: Parameters<RecordManager['watch']>[0]): Promise<string[]> => {
      const seen: string[] = []
      void (async () => {
        for await (const { content } of manager.watch(watched)) seen.push(text(content))
      })()
      await flushMicrotasks()
      return seen
    }
    return { manager, store, backend, watch, interruptions }
  }
  return { ...all, database, processOf, one: processOf(), two: processOf(), other: bytes(`${text(key)}-other`) }
}

test('a watcher sees what another process stores, under its key or prefix only', async () => {
  const { one, two, key, other } = await setUp()
  const ofKey = await one.watch(key)
  const ofPrefix = await one.watch({ prefix: '/config/' })
  await two.manager.put(key, bytes('green'))
  await flushMicrotasks()
  await two.manager.put(other, bytes('red'))
  await flushMicrotasks()
  await two.manager.put(key, bytes('blue'))
  await flushMicrotasks()
  expect(ofKey).toEqual(['green', 'blue'])
  expect(ofPrefix).toEqual(['green', 'red', 'blue'])
  await one.manager.stop()
})

test('a watcher receives each record of its own process once, although the store reports it too', async () => {
  const { one, key } = await setUp()
  const seen = await one.watch(key)
  for (const content of ['green', 'blue', 'red']) {
    await one.manager.put(key, bytes(content))
    await flushMicrotasks()
  }
  expect(seen).toEqual(['green', 'blue', 'red'])
  await one.manager.stop()
})

test('a watcher receives nothing when the times or the publication of a record change', async () => {
  const { one, two, key, time } = await setUp()
  const { record } = await two.manager.put(key, bytes('green'), { lifetime: 4 * 86_400_000 })
  await time.advance(2n * day)
  const seen = await one.watch({ prefix: '/config/' })
  await two.manager.unpublish(key)
  await two.store.touch(record.key, { timeReceived: time.now })
  await flushMicrotasks()
  const reported = seen.splice(0)
  expect(reported.length).toBeLessThanOrEqual(1)
  await two.store.touch(record.key, { timeReceived: time.now + 1n })
  await flushMicrotasks()
  expect(seen).toEqual([])
  await one.manager.stop()
})

test('a record that a process with a clock two hours behind stores is seen', async () => {
  const { one, processOf, key, time } = await setUp()
  const behind = processOf(() => time.now - 2n * hour)
  const seen = await one.watch({ prefix: '/config/' })
  await behind.manager.put(key, bytes('green'))
  await flushMicrotasks()
  expect(seen).toEqual(['green'])
  await one.manager.stop()
})

test('a lower record that follows when the mark is gone is seen', async () => {
  const { one, two, key, time } = await setUp()
  const seen = await one.watch(key)
  const { record } = await two.manager.put(key, bytes('green'), { sequence: 2n ** 50n })
  await flushMicrotasks()
  two.backend.entries.clear()
  await two.manager.put(key, bytes('blue'))
  await flushMicrotasks()
  expect(record.sequence).toBe(2n ** 50n)
  expect(seen).toEqual(['green', 'blue'])
  expect(time.pending).toBe(0)
  await one.manager.stop()
})

test.each([new RecordError('STORE_IO', 'the connection is lost'), 'end' as const])(
  'changes that are interrupted are reported, followed again with growing pauses, and what was missed is seen: %s',
  async (fault) => {
    const { one, two, key, other, time, database } = await setUp()
    const ofKey = await one.watch(key)
    const ofPrefix = await one.watch({ prefix: '/config/' })
    await two.manager.put(other, bytes('red'))
    await flushMicrotasks()
    database.interrupt(fault)
    await flushMicrotasks()
    expect(one.interruptions).toHaveLength(1)
    await two.manager.put(key, bytes('green'))
    expect(ofKey).toEqual([])
    // after 1, 2 and 4 s
    await time.advance(7n * second)
    expect(one.interruptions).toHaveLength(4)
    expect(one.interruptions).toContainEqual(expect.objectContaining({ code: 'STORE_IO' }))
    database.fault = undefined
    await time.advance(8n * second)
    expect(ofKey).toEqual(['green'])
    expect(ofPrefix).toEqual(['red', 'green'])
    await two.manager.put(key, bytes('blue'))
    await flushMicrotasks()
    expect(ofKey).toEqual(['green', 'blue'])
    expect(one.interruptions).toHaveLength(4)
    await one.manager.stop()
    expect(time.pending).toBe(0)
  }
)

test('a record that cannot be read when it changes is read again later', async () => {
  const { one, two, key, time } = await setUp()
  const seen = await one.watch(key)
  one.backend.fail('read', new RecordError('STORE_IO', 'the connection is lost'))
  await two.manager.put(key, bytes('green'))
  await flushMicrotasks()
  expect(one.interruptions).toHaveLength(1)
  one.backend.fail('read', undefined)
  await time.advance(second)
  expect(seen).toEqual(['green'])
  await one.manager.stop()
})

test('the changes of a store are followed while there is a watcher, and once for all watchers', async () => {
  const { one, key, database } = await setUp()
  const abort = new AbortController()
  const watching = one.manager.watch(key, { signal: abort.signal }).next()
  await one.watch(key)
  expect(database.subscriptions).toBe(1)
  expect(database.reports.watched).toBe(true)
  abort.abort()
  await expect(watching).rejects.toBe(abort.signal.reason)
  expect(database.reports.watched).toBe(true)
  await one.manager.stop()
  await flushMicrotasks()
  expect(database.reports.watched).toBe(false)
  // and again after a stop
  await one.watch(key)
  expect(database.subscriptions).toBe(2)
  await one.manager.close()
})

test('a store that is closed is not followed, and that is not reported', async () => {
  const { one, key, time } = await setUp()
  await one.watch(key)
  await one.manager.close()
  await flushMicrotasks()
  expect(one.interruptions).toEqual([])
  await expect(one.manager.watch(key).next()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  expect(one.interruptions).toEqual([])
  expect(time.pending).toBe(0)
  await one.manager.stop()
})

test('many changes at once are read in few calls, those of other keys not at all', async () => {
  const { one, two, key, other } = await setUp()
  const seen = await one.watch({ prefix: `${text(key)}/` })
  one.backend.calls.length = 0
  await two.manager.put(other, bytes('red'))
  await flushMicrotasks()
  expect(one.backend.calls).toEqual([])
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => two.manager.put(bytes(`${text(key)}/${index}`), bytes(`${index}`)))
  )
  for (let turn = 0; turn < 1000 && seen.length < 100; turn++) await flushMicrotasks()
  expect(seen.sort()).toEqual(Array.from({ length: 100 }, (_, index) => `${index}`).sort())
  expect(one.backend.calls.length).toBeLessThan(20)
  await one.manager.stop()
})
