import { isRefusal, RecordError } from '@recordkit/record-types'
import type { AbortOptions, Namespace, RecordNetwork } from '@recordkit/record-types'
import { exportRecords, importRecords, isEquivocation, RecordManager, replication } from '@recordkit/record-manager'
import type { RecordStore } from '@recordkit/record-store'
import { abortEverywhere, Cancelled, failAt, failureTimes } from '@recordkit/testing'
import type { FailureTime } from '@recordkit/testing'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { expect, test } from 'vitest'
import { bytes, createTestManager } from './test-manager.ts'

const unreachable = new RecordError('ROUTING_FAILED', 'the network is unreachable')
const noMedium = new RecordError('STORE_IO', 'the medium is away')

const failingNetwork = (time: FailureTime): RecordNetwork => ({
  get: async (_key, { signal } = {}) => failAt(time, unreachable, signal),
  put: async (_key, _value, { signal } = {}) => failAt(time, unreachable, signal)
})

/** A store whose calls fail from the nth on. */
function failingStore(store: RecordStore, calls: number): RecordStore {
  let left = calls
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...parameters: unknown[]): unknown => {
        if (left-- > 0) return Reflect.apply(member, target, parameters)
        if (['iterate', 'publications', 'marks', 'changes'].includes(String(name))) return failingItems()
        return failAt('soon', noMedium, undefined)
      }
    }
  })
}

async function* failingItems(): AsyncGenerator<never> {
  yield* []
  await failAt('soon', noMedium, undefined)
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

/** Records of a sequence, a mark of revocations and a content. Unsigned: signatures would take most of the time of these tests. */
const quick: Namespace = {
  name: 'quick',
  revocable: true,
  limits: { key: 64, value: 64 },
  parse: (key, value) => ({
    key,
    value,
    order: value.subarray(0, 1),
    sequence: BigInt(value[0] ?? 0),
    author: Uint8Array.of(0, 1, 9),
    revoked: value[1] === 1,
    fields: undefined
  }),
  verify: async () => ({ status: 'accept' }),
  seal: async ({ content, sequence, revoked }) => Uint8Array.of(Number(sequence), revoked === true ? 1 : 0, ...content),
  content: ({ value }) => value.subarray(2)
}

const { engine, signer, time, local } = await createTestManager({ namespaces: [quick] })
const key = bytes('/quick/x')
const { record } = await local.put(key, bytes('first'))
const signed = record.value
/** another content under the same sequence */
const other = (await (await createTestManager({ namespaces: [quick] })).local.put(key, bytes('other'))).record.value
const archive: Uint8Array[] = []
for await (const chunk of exportRecords(local)) archive.push(chunk)

const calls: Record<string, (manager: RecordManager, options: AbortOptions) => Promise<unknown>> = {
  put: async (manager, { signal }) => manager.put(key, bytes('second'), { signal }),
  'put that asks the network': async (manager, { signal }) =>
    manager.put(key, bytes('second'), { signal, checkNetwork: true, copies: 3 }),
  'two puts of one key': async (manager, { signal }) =>
    Promise.all([manager.put(key, bytes('second'), {}), manager.put(key, bytes('third'), { signal })]),
  revoke: async (manager, { signal }) => manager.revoke(key, { signal }),
  putSigned: async (manager, { signal }) => manager.putSigned(key, signed, { signal }),
  get: async (manager, { signal }) => manager.get(key, { signal }),
  'two gets of one key': async (manager, { signal }) =>
    Promise.all([manager.get(key, { signal }), manager.getRecord(key, { signal, noCache: true, quorum: 2 })]),
  has: async (manager, { signal }) => manager.has(key, { signal }),
  delete: async (manager, { signal }) => manager.delete(key, { signal }),
  list: async (manager, { signal }) => drain(manager.list('', { signal })),
  watch: async (manager, { signal }) => drain(manager.watch(key, { signal, initial: true, pollInterval: 1 })),
  'watch of a prefix': async (manager, { signal }) => drain(manager.watch({ prefix: '/' }, { signal, initial: true })),
  receive: async (manager, { signal }) => manager.receive(key, signed, { signal, sender: Uint8Array.of(0, 1, 2) }),
  republish: async (manager, { signal }) => manager.republish(key, { signal }),
  importRecords: async (manager, { signal }) => importRecords(manager, archive, { signal }),
  'importRecords of a backup': async (manager, { signal }) =>
    importRecords(manager, archive, { signal, publications: true, marks: true }),
  'importRecords of a file that does not arrive': async (manager, { signal }) =>
    importRecords(
      manager,
      { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) },
      { signal }
    ),
  exportRecords: async (manager, { signal }) => drain(exportRecords(manager, { signal })),
  isEquivocation: async (_manager, { signal }) => isEquivocation(engine, { key, values: [signed, other] }, { signal })
}

/** A manager whose network fails at a time, and whose store fails from one of its calls on. */
async function managerWith(failing: FailureTime, storeCalls: number, stored: boolean): Promise<RecordManager> {
  const { clock, setTimer } = time
  const store = new MemoryRecordStore({ clock })
  if (stored) await store.put({ key, value: signed, rank: rankOf(signed), timeReceived: clock() })
  const network = replication(failingNetwork(failing), { random: () => 0 })
  return new RecordManager({ engine, store: failingStore(store, storeCalls), signer, network, clock, setTimer })
}

function rankOf(value: Uint8Array): Uint8Array {
  const parsed = engine.parse(key, value)
  return isRefusal(parsed) ? new Uint8Array(0) : engine.rank(parsed)
}

test.each(Object.keys(calls))(
  '%s ends when it is aborted at any await, whenever network and store fail, and leaves no unhandled rejection',
  async (call) => {
    let aborted = 0
    for (const failing of failureTimes) {
      for (const storeCalls of [0, 2, Number.POSITIVE_INFINITY]) {
        for (const stored of [false, true]) {
          const runs = await abortEverywhere(async () => {
            const manager = await managerWith(failing, storeCalls, stored)
            return async (signal) => calls[call]?.(manager, { signal })
          }, 45)
          aborted += runs.filter(({ outcome }) => 'error' in outcome && outcome.error instanceof Cancelled).length
        }
      }
    }
    // the memory store deletes without waiting
    if (call !== 'delete') expect(aborted).toBeGreaterThan(0)
  }
)

test.each(failureTimes)(
  'stop and close end, and leave no unhandled rejection, when the network fails: %s',
  async (failing) => {
    await abortEverywhere(async () => {
      const manager = await managerWith(failing, Number.POSITIVE_INFINITY, true)
      return async (signal) => {
        const put = manager.put(key, bytes('second'), { signal }).catch(() => undefined)
        await manager.start()
        await manager.close()
        await put
      }
    }, 40)
  }
)

test.each(failureTimes)('a record is received until the abort when its namespace fails: %s', async (failing) => {
  const slow: Namespace = {
    name: 'slow',
    limits: { key: 64, value: 64 },
    parse: (slowKey, value) => ({ key: slowKey, value, order: value, fields: undefined }),
    verify: async (_record, { signal }) => failAt(failing, new Error('broken'), signal)
  }
  const { local: manager } = await createTestManager({ namespaces: [slow] })
  const runs = await abortEverywhere(
    () => async (signal) => manager.receive(bytes('/slow/x'), Uint8Array.of(1), { signal }),
    40
  )
  const [first] = runs
  expect(first?.outcome).toMatchObject({ error: { name: 'Cancelled' } })
})

test.each(Object.keys(calls))('%s rejects with the reason of a signal that is aborted before', async (call) => {
  const manager = await managerWith('soon', Number.POSITIVE_INFINITY, true)
  const reason = new Cancelled()
  const signal = AbortSignal.abort(reason)
  await expect(calls[call]?.(manager, { signal })).rejects.toBe(reason)
})
