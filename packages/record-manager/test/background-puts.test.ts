import { flushMicrotasks } from '@recordkit/record-conformance'
import { RecordManager, replication } from '@recordkit/record-manager'
import { createStore } from '@recordkit/record-store'
import type { RecordStore, StoreChange } from '@recordkit/record-store'
import { LocalChanges, MapBackend } from '@recordkit/record-store/internal'
import { RecordError } from '@recordkit/record-types'
import type { Clock, NetworkPutOptions, ReplicationReceipt, RoutingAck } from '@recordkit/record-types'
import { hour } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { bytes, createTestManager, text } from './test-manager.ts'
import type { TestManagerOptions } from './test-manager.ts'

/** A put that a network received, which the test answers. */
interface Put {
  readonly value: Uint8Array
  readonly options: NetworkPutOptions
  /** there are enough copies; the rest goes on in the background */
  enough(): void
  /** the background has ended */
  complete(): void
  fail(error: Error): void
  isEnded(): boolean
}

const receiptOf = (stored: number): ReplicationReceipt => ({
  copies: { requested: 1, reached: stored },
  peers: Array.from({ length: stored }, (_, index): RoutingAck => ({ from: Uint8Array.of(index), status: 'stored' }))
})

/** A manager on a network whose puts the test answers, and the puts in their order. */
async function setUp(options: TestManagerOptions = {}) {
  const { engine, store, signer, time, key, local } = await createTestManager(options)
  const puts: Put[] = []
  const network = {
    get: async () => undefined,
    put: async (_key: Uint8Array, value: Uint8Array, options: NetworkPutOptions = {}): Promise<ReplicationReceipt> => {
      const { signal } = options
      let complete = (): void => undefined
      const completed = new Promise<ReplicationReceipt>((resolve) => {
        complete = () => resolve(receiptOf(20))
        signal?.addEventListener('abort', () => resolve(receiptOf(10)))
      })
      return new Promise<ReplicationReceipt>((resolve, reject) => {
        const enough = (): void => resolve({ ...receiptOf(10), complete: completed })
        puts.push({ value, options, enough, complete, fail: reject, isEnded: () => signal?.aborted === true })
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      })
    }
  }
  const { clock, setTimer } = time
  const replicated = replication(network, { random: () => 0 })
  const manager = new RecordManager({ engine, store, signer, clock, setTimer, network: replicated })
  const nextPut = async (): Promise<Put> => {
    await flushMicrotasks()
    const put = puts.at(-1)
    if (put === undefined) throw new Error('the network received no put')
    return put
  }
  /** A put that has enough copies, with its background. */
  const putInBackground = async () => {
    const putting = manager.put(key, bytes('green'))
    const put = await nextPut()
    put.enough()
    const { receipt } = await putting
    if (receipt === undefined) throw new Error('the put has no receipt')
    return { ...put, receipt }
  }
  return { manager, local, engine, signer, store, time, key, puts, nextPut, putInBackground }
}

test('a put returns with enough copies, and complete of its receipt resolves with those of the background', async () => {
  const { putInBackground } = await setUp()
  const { receipt, complete, isEnded } = await putInBackground()
  expect(receipt.copies.reached).toBe(10)
  complete()
  expect((await receipt.complete).copies.reached).toBe(20)
  expect(isEnded()).toBe(false)
})

test('the receipt of a network without backgrounds is complete', async () => {
  const { manager, key } = await createTestManager()
  const { receipt } = await manager.put(key, bytes('green'))
  expect(await receipt?.complete).toMatchObject({ copies: { reached: 1 } })
})

test('a later put of a key ends the background of the earlier one before it is sent', async () => {
  const { manager, key, puts, nextPut, putInBackground } = await setUp()
  const { receipt, isEnded } = await putInBackground()
  const later = manager.put(key, bytes('blue'))
  await nextPut()
  expect([puts.length, isEnded()]).toEqual([2, true])
  expect((await receipt.complete).copies.reached).toBe(10)
  puts[1]?.enough()
  expect((await later).receipt?.copies.reached).toBe(10)
})

test('a put that a later one replaces before it has enough copies is sent no further, and gets the receipt of the later one', async () => {
  const { manager, key, puts, nextPut } = await setUp()
  const first = manager.put(key, bytes('green'))
  await nextPut()
  const second = manager.put(key, bytes('blue'))
  await nextPut()
  expect(puts.map((put) => put.isEnded())).toEqual([true, false])
  puts[1]?.enough()
  expect((await first).receipt).toEqual((await second).receipt)
  expect((await first).record.content).toEqual(bytes('green'))
})

test('a replaced put fails with the error of the later one, and its abort is not an abort of the replaced put', async () => {
  const { manager, key, puts, nextPut } = await setUp()
  const first = manager.put(key, bytes('green'))
  await nextPut()
  const second = manager.put(key, bytes('blue'))
  await nextPut()
  const tooFew = new RecordError('TOO_FEW_COPIES', '0 of 1 copies', { key, details: receiptOf(0) })
  puts[1]?.fail(tooFew)
  await expect(first).rejects.toBe(tooFew)
  await expect(second).rejects.toBe(tooFew)

  const controller = new AbortController()
  const third = manager.put(key, bytes('red'))
  await nextPut()
  const fourth = manager.put(key, bytes('white'), { signal: controller.signal })
  await nextPut()
  const reason = new Error('aborted')
  controller.abort(reason)
  await expect(fourth).rejects.toBe(reason)
  await expect(third).rejects.toMatchObject({ code: 'TOO_FEW_COPIES', cause: reason })
})

test('an abort of the signal of a put ends its background', async () => {
  const { manager, key, nextPut } = await setUp()
  const controller = new AbortController()
  const putting = manager.put(key, bytes('green'), { signal: controller.signal })
  const put = await nextPut()
  put.enough()
  const { receipt } = await putting
  controller.abort()
  expect((await receipt?.complete)?.copies.reached).toBe(10)
  expect(put.isEnded()).toBe(true)
})

test.each(['delete', 'unpublish'] as const)('%s ends the background of the put of the key', async (method) => {
  const { manager, key, putInBackground } = await setUp()
  const { receipt, isEnded } = await putInBackground()
  await manager[method](key)
  expect(isEnded()).toBe(true)
  expect((await receipt.complete).copies.reached).toBe(10)
})

test('a delete during a put lets it reach enough copies, and nothing goes on in the background', async () => {
  const { manager, key, nextPut } = await setUp()
  const putting = manager.put(key, bytes('green'))
  const put = await nextPut()
  await manager.delete(key)
  expect(put.isEnded()).toBe(false)
  put.enough()
  expect((await putting).receipt?.copies.reached).toBe(10)
  await flushMicrotasks()
  expect(put.isEnded()).toBe(true)
})

test('a later record that another device published ends the background of ours once it is stored', async () => {
  const { manager, signer, engine, time, key, putInBackground } = await setUp()
  const { isEnded } = await putInBackground()
  const { clock, setTimer } = time
  const { MemoryRecordStore } = await import('@recordkit/store-memory')
  const device = new RecordManager({ engine, store: new MemoryRecordStore({ clock }), signer, clock, setTimer })
  await time.advance(hour)
  const { record } = await device.put(key, bytes('later'))
  expect(isEnded()).toBe(false)
  expect((await manager.receive(key, record.value)).status).toBe('stored')
  expect(isEnded()).toBe(true)
})

describe('in a store that another process shares', () => {
  /** One database, which reports changes to both processes, and the manager of the other process. */
  async function setUpShared() {
    const [entries, reports]: [MapBackend['entries'], LocalChanges] = [new Map(), new LocalChanges()]
    class ProcessBackend extends MapBackend {
      override async write(changes: readonly StoreChange[]): Promise<boolean> {
        const isWritten = await super.write(changes)
        if (isWritten) for (const { key } of changes) reports.notify(key)
        return isWritten
      }

      changes({ signal }: { readonly signal?: AbortSignal | undefined }): AsyncIterable<Uint8Array> {
        return reports.open(signal)
      }
    }
    const storeOf = (clock: Clock): RecordStore =>
      createStore(new ProcessBackend(entries), { clock, setTimer: () => () => undefined })
    const own = await setUp({ storeOf })
    const { engine, signer, time } = own
    const { clock, setTimer } = time
    const network = replication({ get: async () => undefined, put: async () => receiptOf(1) })
    const other = new RecordManager({ engine, signer, store: storeOf(clock), clock, setTimer, network })
    await own.manager.start()
    await flushMicrotasks()
    return { ...own, other }
  }

  test.each(['put', 'delete', 'unpublish'] as const)(
    'the %s of another process ends the background of the put of the key',
    async (method) => {
      const { manager, other, key, putInBackground } = await setUpShared()
      const { isEnded } = await putInBackground()
      await flushMicrotasks()
      expect(isEnded()).toBe(false)
      await (method === 'put' ? other.put(key, bytes('later')) : other[method](key))
      await flushMicrotasks()
      expect(isEnded()).toBe(true)
      await manager.stop()
    }
  )

  test('what another process puts under other keys, or stores of the same record, does not end the background', async () => {
    const { manager, other, key, store, putInBackground } = await setUpShared()
    const { isEnded, complete } = await putInBackground()
    await other.put(bytes(`${text(key)}-other`), bytes('red'))
    const stored = await store.get(key)
    await other.receive(key, stored?.value as Uint8Array)
    await flushMicrotasks()
    expect(isEnded()).toBe(false)
    complete()
    await manager.stop()
  })
})

test('an older record or the same one does not end the background', async () => {
  const { manager, local, key, store, nextPut } = await setUp()
  const older = await local.put(key, bytes('older'))
  const putting = manager.put(key, bytes('green'))
  const put = await nextPut()
  put.enough()
  await putting
  await manager.receive(key, older.record.value)
  const stored = await store.get(key)
  if (stored !== undefined) await manager.receive(key, stored.value)
  expect(put.isEnded()).toBe(false)
})

test('a renewal ends the background of the put before, and may reuse the walks of others', async () => {
  const { manager, time, puts, putInBackground } = await setUp()
  const { isEnded } = await putInBackground()
  await manager.start()
  await time.advance(22n * hour)
  expect(puts.length).toBe(2)
  expect(isEnded()).toBe(true)
  expect(puts.map(({ options }) => options.reuseWalks)).toEqual([undefined, true])
  puts[1]?.enough()
  await flushMicrotasks()
  puts[1]?.complete()
  await manager.stop()
})

test('stop and close wait for the background of puts', async () => {
  const { manager, putInBackground } = await setUp()
  const { complete } = await putInBackground()
  let isStopped = false
  const stopping = manager.stop().then(() => (isStopped = true))
  await flushMicrotasks()
  expect(isStopped).toBe(false)
  complete()
  await stopping
  await manager.close()
})
