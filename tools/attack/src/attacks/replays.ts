import { day, hour } from '@recordkit/testing'
import type { KeyPair } from '@recordkit/record-crypto'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { ClassicLevel } from 'classic-level'
import { Attempts } from '../attempts.ts'
import type { Attack } from '../attack.ts'
import { createTestManager } from '../test-manager.ts'
import { keyPair, ownKey, sealed, senderOf, start } from '../records.ts'
import type { TestManager } from '../test-manager.ts'
import { folderSize } from '../measure.ts'

const generations = 8
const lifetime = 20n * day

/** All generations of the record under one key, signed by its owner. */
async function historyOf(owner: KeyPair, path: string, lifetimeOf: (generation: number) => bigint = () => lifetime) {
  const key = ownKey(owner, path)
  const values = await Promise.all(
    Array.from({ length: generations }, (_, generation) =>
      sealed({ key, signer: owner, sequence: BigInt(generation), now: start, lifetime: lifetimeOf(generation) })
    )
  )
  return { key, values }
}

type History = Awaited<ReturnType<typeof historyOf>>

async function storeNewest(target: TestManager, { key, values }: History): Promise<void> {
  const newest = values.at(-1) as Uint8Array
  const { status, code } = await target.manager.receive(key, newest, { sender: target.honest.sender })
  if (status !== 'stored') throw new Error(`the newest record was not stored: ${code}`)
}

/** Sends every older generation `rounds` times, each time from another sender. */
async function replay(attempts: Attempts, histories: readonly History[], rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++)
    for (const { key, values } of histories)
      for (const value of values.slice(0, -1)) await attempts.send({ key, value, sender: senderOf(attempts.tried) })
}

/** Records that were valid once, sent again. */
export const replays: readonly Attack[] = [
  {
    id: 'replay-stored',
    title: 'older valid records while the newest is stored',
    bound: 'the put rule: one comparison of ranks',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const owner = await keyPair(random)
      const histories = await Promise.all(['a', 'b', 'c'].map(async (path) => historyOf(owner, path)))
      for (const history of histories) await storeNewest(target, history)
      const attempts = new Attempts(target)
      await replay(attempts, histories, times(200, 4))
      return attempts.result()
    }
  },
  {
    id: 'replay-expired',
    title: 'older records that expire after the newest, before and after it expires, swept or not, for 25 days',
    bound: 'one mark of about 60 bytes per key, for 30 days',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const owner = await keyPair(random)
      const lifetimeOf = (generation: number): bigint => (generation === generations - 1 ? hour : 29n * day)
      const histories = await Promise.all(['a', 'b', 'c'].map(async (path) => historyOf(owner, path, lifetimeOf)))
      for (const history of histories) await storeNewest(target, history)
      const attempts = new Attempts(target)
      for (let days = 0; days < 25; days++) {
        await replay(attempts, histories, times(10, 1))
        target.time.now += day
        if (days % 3 === 1) await target.store.sweep()
      }
      return attempts.result({ sizes: [{ what: 'marks', size: (await target.store.stats()).marks, most: 3 + 16 }] })
    }
  },
  {
    id: 'replay-evicted',
    title: 'older records after a flood has evicted the newest',
    bound: 'maxRecords and maxMarks of the store; here 200 and 2,000',
    async run({ random, times }) {
      const time = { now: start }
      const store = new MemoryRecordStore({ clock: () => time.now, maxRecords: 200, maxMarks: 2_000 })
      const target = await createTestManager({ random, time, store })
      const owner = await keyPair(random)
      const histories = await Promise.all(['a', 'b', 'c'].map(async (path) => historyOf(owner, path)))
      for (const { key, values } of histories)
        await target.manager.receive(key, values.at(-1) as Uint8Array, { sender: senderOf(1) })
      const flooder = await keyPair(random)
      const attempts = new Attempts(target)
      // from the same sender, so that its own records are evicted
      for (let shot = 0; shot < 600; shot++) {
        const key = ownKey(flooder, `f${shot}`)
        const value = await sealed({ key, signer: flooder, sequence: 0n, now: time.now })
        if (shot % 50 === 0) time.now += 1_000_000_000n
        await attempts.send({ key, value, sender: senderOf(1) }, () => true)
      }
      await replay(attempts, histories, times(100, 2))
      const { entries, marks } = await store.stats()
      return attempts.result({
        sizes: [
          { what: 'records', size: entries, most: 200 },
          { what: 'marks', size: marks, most: 2_000 }
        ]
      })
    }
  },
  {
    id: 'replay-deleted',
    title: 'older records after the newest was deleted on this node',
    bound: 'one mark per key, for 30 days',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const owner = await keyPair(random)
      const histories = await Promise.all(['a', 'b', 'c'].map(async (path) => historyOf(owner, path)))
      for (const history of histories) {
        await storeNewest(target, history)
        await target.manager.delete(history.key)
      }
      const attempts = new Attempts(target)
      await replay(attempts, histories, times(200, 4))
      return attempts.result()
    }
  },
  {
    id: 'replay-restarted',
    title: 'older records after a restart, of records that are stored, deleted and expired',
    bound: 'record, mark and index are written as one batch; one mark per key on disk',
    async run({ random, times, folder }) {
      const time = { now: start }
      const location = await folder()
      const open = async () =>
        LevelRecordStore.open(new ClassicLevel(location), { clock: () => time.now, closeDatabase: true })
      let target = await createTestManager({ random, time, store: await open() })
      const owner = await keyPair(random)
      const short = (generation: number): bigint => (generation === generations - 1 ? hour : 29n * day)
      const stored = await historyOf(owner, 'stored')
      const deleted = await historyOf(owner, 'deleted')
      const expired = await historyOf(owner, 'expired', short)
      for (const history of [stored, deleted, expired]) await storeNewest(target, history)
      await target.manager.delete(deleted.key)
      const attempts = new Attempts(() => target)
      for (let restart = 0; restart < times(10, 2); restart++) {
        await target.manager.close()
        target = await createTestManager({ random, time, store: await open(), honest: target.honest })
        await replay(attempts, [stored, deleted, expired], times(20, 1))
        time.now += 2n * hour
        if (restart % 2 === 1) await target.store.sweep()
      }
      const result = await attempts.result({
        sizes: [{ what: 'marks', size: (await target.store.stats()).marks, most: 2 + 16 }]
      })
      await target.manager.close()
      return { ...result, disk: await folderSize(location) }
    }
  },
  {
    id: 'sequence-jump',
    title: 'sequences from 2^63 to 2^64 - 1, written into records that others signed; then the record of the owner',
    bound: 'a sequence counts only under the signature of the owner; IPNS sequences end at 2^63 - 1',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const owner = await keyPair(random)
      const attacker = await keyPair(random)
      const key = ownKey(owner, 'x')
      const value = await sealed({ key, signer: owner, sequence: 3n, now: start })
      const attempts = new Attempts(target)
      for (let shot = 0; shot < times(2_000); shot++) {
        const sequence = 2n ** 63n + BigInt(random.below(1000)) * 2n ** 53n
        const jumped = await sealed({ key, signer: attacker, sequence, now: target.time.now })
        await attempts.send({ key, value: spliced(jumped, value), sender: senderOf(shot) })
      }
      const { status } = await target.manager.receive(key, value, { sender: target.honest.sender })
      if (status !== 'stored') attempts.accepted++
      return attempts.result()
    }
  }
]

/** `record` with the signature of `signed`, its last 64 bytes. */
function spliced(record: Uint8Array, signed: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(record)
  bytes.set(signed.subarray(-64), bytes.length - 64)
  return bytes
}
