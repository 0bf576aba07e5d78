import { encodeSignedRecord, joinRecordKey } from '@recordkit/record-codec'
import { replication } from '@recordkit/record-manager'
import { hour } from '@recordkit/testing'
import type { NetworkRecord, ReplicationReceipt, RecordNetwork } from '@recordkit/record-types'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { Attempts } from '../attempts.ts'
import type { Attack } from '../attack.ts'
import { createTestManager } from '../test-manager.ts'
import { keyPair, ownKey, sealed, senderOf, start } from '../records.ts'

/** Attacks that fill everything that is bounded. */
export const exhaustion: readonly Attack[] = [
  {
    id: 'verdict-cache',
    title: 'more verdicts than the cache stores, good and bad; refused values that come again after eviction',
    bound: '4,096 verdicts',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target)
      const author = await keyPair(random)
      const key = ownKey(author, 'x')
      const value = await sealed({ key, signer: author, sequence: 1n, now: start })
      const forged = Array.from({ length: 50 }, () => random.damaged(value, value.length - 64))
      for (let shot = 0; shot < times(12_000, 5_000); shot++) {
        const own = ownKey(author, `v${shot % 6_000}`)
        if (shot % 3 === 0) await attempts.send({ key, value: random.of(forged), sender: senderOf(shot) })
        else await target.engine.validate(own, await sealed({ key: own, signer: author, sequence: 1n, now: start }))
      }
      return attempts.result({ sizes: [{ what: 'verdicts', size: target.engine.verdicts.stats.entries, most: 4096 }] })
    }
  },
  {
    id: 'marks',
    title: 'more marks than the store keeps, by one sender; then older records of others whose newest was deleted',
    bound: 'maxMarks of the store, here 500, shared equally among the senders',
    async run({ random, times }) {
      const time = { now: start }
      const store = new MemoryRecordStore({ clock: () => time.now, maxRecords: 500, maxMarks: 500 })
      const target = await createTestManager({ random, time, store })
      const owner = await keyPair(random)
      const victims = Array.from({ length: 20 }, (_, index) => ownKey(owner, `m${index}`))
      const older: Uint8Array[] = []
      for (const key of victims) {
        older.push(await sealed({ key, signer: owner, sequence: 1n, now: start }))
        const newest = await sealed({ key, signer: owner, sequence: 2n, now: start })
        await target.manager.receive(key, newest, { sender: target.honest.sender })
        await target.manager.delete(key)
      }
      const attempts = new Attempts(target, 10)
      const flooder = await keyPair(random)
      for (let shot = 0; shot < times(5_000, 1_500); shot++) {
        const key = ownKey(flooder, `f${shot}`)
        const value = await sealed({ key, signer: flooder, sequence: 0n, now: time.now })
        await attempts.send({ key, value, sender: senderOf(1) }, () => true)
      }
      for (const [index, key] of victims.entries())
        await attempts.send({ key, value: older[index] as Uint8Array, sender: senderOf(2) })
      return attempts.result({ sizes: [{ what: 'marks', size: (await store.stats()).marks, most: 500 }] })
    }
  },
  {
    id: 'senders',
    title: 'more senders than are tracked, each with a forgery; a sender with a low score stays refused meanwhile',
    bound: '10,000 buckets, 10,000 scores; the one that was active longest ago is removed first',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target, 100)
      const author = await keyPair(random)
      const key = ownKey(author, 'x')
      const value = await sealed({ key, signer: author, sequence: 1n, now: start })
      const refused = senderOf(77)
      for (let shot = 0; shot < times(30_000, 300); shot++) {
        await attempts.send({ key, value: random.damaged(value), sender: senderOf(1000 + shot) })
        if (shot % 20 !== 0) continue
        await attempts.send({ key, value: shot < 400 ? random.damaged(value) : value, sender: refused })
      }
      return attempts.result({
        sizes: [
          { what: 'buckets', size: target.limiter.size, most: 10_000 },
          { what: 'scores', size: target.scores.size, most: 10_000 }
        ]
      })
    }
  },
  {
    id: 'watch-lists',
    title: 'twenty watchers of every key that never read while records arrive; then all of them leave',
    bound: '1,024 waiting records and 4 MiB per watcher, 16 MiB for all',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target, 10)
      const author = await keyPair(random)
      const leaving = new AbortController()
      const watchers = Array.from({ length: 20 }, () =>
        target.manager.watch({ prefix: '/' }, { signal: leaving.signal })
      )
      const first = watchers.map(async (watcher) => watcher.next())
      for (let shot = 0; shot < times(5_000, 1_200); shot++) {
        const key = ownKey(author, `w${shot}`)
        const value = await sealed({ key, signer: author, sequence: 0n, now: target.time.now })
        await attempts.send({ key, value, sender: senderOf(random.below(50)) }, () => true)
      }
      await Promise.all(first)
      let waiting = 0
      const [one] = watchers
      // waiting records come immediately; a record that is put afterwards marks their end
      const last = ownKey(author, 'last')
      await target.manager.receive(
        last,
        await sealed({ key: last, signer: author, sequence: 0n, now: target.time.now })
      )
      for (let next = await one?.next(); next?.done === false; next = await one?.next()) {
        waiting++
        if (next.value.key.length === last.length && next.value.key.every((byte, index) => byte === last[index])) break
      }
      leaving.abort()
      await Promise.allSettled(watchers.map(async (watcher) => watcher.next()))
      return attempts.result({
        sizes: [
          { what: 'records waiting', size: waiting, most: 1024 },
          { what: 'watchers left', size: (await target.manager.stats()).watchers, most: 0 }
        ]
      })
    }
  },
  {
    id: 'republish-schedule',
    title: 'records of others in bulk, for the node to republish at its cost',
    bound: 'the node republishes only records that it put or was asked to republish',
    async run({ random, times }) {
      const published: number[] = []
      const network: RecordNetwork = {
        get: async () => undefined,
        put: async () => {
          published.push(1)
          return { copies: { requested: 1, reached: 1 }, peers: [] } satisfies ReplicationReceipt
        }
      }
      const target = await createTestManager({
        random,
        manager: { network: replication(network), setTimer: () => () => undefined }
      })
      await target.manager.start()
      target.honest.publishes = true
      const attempts = new Attempts(target)
      const author = await keyPair(random)
      for (let shot = 0; shot < times(5_000); shot++) {
        const key = ownKey(author, `r${shot}`)
        const value = await sealed({ key, signer: author, sequence: 0n, now: target.time.now, lifetime: hour })
        await attempts.send({ key, value, sender: senderOf(random.below(100)) }, () => true)
      }
      const { queue } = await target.manager.stats()
      return attempts.result({
        sizes: [
          { what: 'keys to republish', size: queue.size, most: 16 },
          { what: 'publications', size: published.length, most: target.honest.of }
        ]
      })
    }
  },
  {
    id: 'pending-queries',
    title: 'ten thousand readers of one key for which no peer answers, and readers of 2,000 keys that no peer has',
    bound: 'one running look-up per key; 10,000 cached results; each look-up ends at its timeout',
    async run({ random, times }) {
      let lookups = 0
      let silent = true
      const waiting: (() => void)[] = []
      const network: RecordNetwork = {
        async get(): Promise<NetworkRecord | undefined> {
          lookups++
          if (silent)
            await new Promise<void>((resolve) => {
              waiting.push(resolve)
            })
          return undefined
        },
        put: async () => ({ copies: { requested: 1, reached: 1 }, peers: [] })
      }
      const target = await createTestManager({ random, manager: { network: replication(network) } })
      const attempts = new Attempts(target)
      const key = joinRecordKey('open', 'missing')
      const readers: Promise<unknown>[] = []
      for (let reader = 0; reader < times(10_000); reader++) {
        readers.push(target.manager.get(key))
        if (reader % 100 === 0) await target.honest.once()
        attempts.tried++
      }
      const { running } = (await target.manager.stats()).lookups
      silent = false
      for (const end of waiting) end()
      const answers = await Promise.all(readers)
      attempts.accepted += answers.filter((answer) => answer !== undefined).length
      const first = lookups
      for (let number = 0; number < times(2_000); number++) {
        await target.manager.get(joinRecordKey('open', `missing${number}`))
        await target.manager.get(joinRecordKey('open', `missing${number}`))
        attempts.tried += 2
      }
      return attempts.result({
        sizes: [
          { what: 'running look-ups', size: running, most: 1 },
          { what: 'look-ups of missing keys', size: lookups - first, most: times(2_000) },
          { what: 'cached results', size: (await target.manager.stats()).lookups.cached, most: 10_000 }
        ]
      })
    }
  },
  {
    id: 'large-signatures',
    title: 'forged records of almost the maximum size, all to be hashed and verified',
    bound: '64 KiB per record; a sender is refused after about ten forgeries',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target, 5)
      const author = await keyPair(random)
      const key = ownKey(author, 'x')
      const empty = { key, content: new Uint8Array(0), sequence: 1n, issued: start, expires: start + hour, ttl: 0n }
      const size = 65_536 - encodeSignedRecord({ ...empty, revoked: false }).length - 200
      const content = random.bytes(size)
      const value = await sealed({ key, signer: author, sequence: 1n, now: start, content })
      for (let shot = 0; shot < times(2_000); shot++)
        await attempts.send({
          key,
          value: random.damaged(value, value.length - 64),
          sender: senderOf(random.below(20))
        })
      return attempts.result()
    }
  }
]
