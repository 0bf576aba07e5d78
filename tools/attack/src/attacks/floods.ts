import { joinRecordKey } from '@recordkit/record-codec'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { Attempts } from '../attempts.ts'
import type { Attack } from '../attack.ts'
import { createTestManager, pointsPerSecond } from '../test-manager.ts'
import { keyPair, ownKey, sealed, senderOf, start } from '../records.ts'

/** Valid records in bulk. */
export const floods: readonly Attack[] = [
  {
    id: 'many-keys-one-sender',
    title: 'ten thousand keys from one sender, each with a valid record',
    bound: `${pointsPerSecond} records per second and sender; maxRecordsPerGroup of the store, here 500`,
    async run({ random, times }) {
      const time = { now: start }
      const store = new MemoryRecordStore({ clock: () => time.now, maxRecords: 2_000, maxRecordsPerGroup: 500 })
      const target = await createTestManager({ random, time, store })
      const attempts = new Attempts(target)
      const author = await keyPair(random)
      let stored = 0
      for (let shot = 0; shot < times(10_000, 600); shot++) {
        const key = ownKey(author, `k${shot}`)
        const value = await sealed({ key, signer: author, sequence: 0n, now: time.now })
        if ((await attempts.send({ key, value, sender: senderOf(1) }, () => true)) === 'stored') stored++
      }
      return attempts.result({
        sizes: [
          { what: 'records of the flood', size: stored, most: 500 },
          { what: 'records', size: (await store.stats()).entries, most: 2_000 }
        ]
      })
    }
  },
  {
    id: 'one-key-many-senders',
    title: 'one key from ten thousand senders: the newest record, older ones and forgeries',
    bound: '10,000 buckets and scores; identical bytes cost one signature',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target)
      const [owner, attacker] = [await keyPair(random), await keyPair(random)]
      const key = ownKey(owner, 'x')
      const make = (sequence: bigint) => sealed({ key, signer: owner, sequence, now: start })
      const [older, newest] = [await make(1n), await make(2n)]
      const foreign = await sealed({ key, signer: attacker, sequence: 3n, now: start })
      await target.manager.receive(key, newest, { sender: target.honest.sender })
      const misses = target.engine.verdicts.stats.misses
      for (let shot = 0; shot < times(10_000, 100); shot++) {
        const sender = senderOf(shot)
        await attempts.send({ key, value: newest, sender }, ({ status }) => status === 'refreshed')
        await attempts.send({ key, value: random.of([older, foreign, random.damaged(newest)]), sender })
      }
      return attempts.result({
        sizes: [
          { what: 'buckets', size: target.limiter.size, most: 10_000 },
          { what: 'scores', size: target.scores.size, most: 10_000 },
          {
            what: 'validations',
            size: target.engine.verdicts.stats.misses - misses,
            most: attempts.tried / 2 + target.honest.of
          }
        ]
      })
    }
  },
  {
    id: 'useless-bulk',
    title: 'valid but useless records in bulk from 50 senders, each under keys of its own',
    bound: 'maxRecords of the store, here 2,000, shared equally among the senders',
    async run({ random, times }) {
      const time = { now: start }
      const store = new MemoryRecordStore({ clock: () => time.now, maxRecords: 2_000 })
      const target = await createTestManager({ random, time, store })
      const attempts = new Attempts(target, 10)
      const authors = await Promise.all(Array.from({ length: 50 }, async () => keyPair(random)))
      for (let shot = 0; shot < times(20_000, 2_500); shot++) {
        const author = random.of(authors)
        const key = ownKey(author, `u${shot}`)
        const content = random.bytes(200)
        const value = await sealed({ key, signer: author, sequence: 0n, now: time.now, content })
        await attempts.send({ key, value, sender: senderOf(authors.indexOf(author)) }, () => true)
      }
      const { entries, marks } = await store.stats()
      return attempts.result({
        sizes: [
          { what: 'records', size: entries, most: 2_000 },
          { what: 'marks', size: marks, most: 2_000 }
        ]
      })
    }
  },
  {
    id: 'useless-senders',
    title: 'valid but useless records, each from another sender; the records that this node publishes stay',
    bound: 'maxRecords of the store, here 2,000; published records are not evicted',
    async run({ random, times }) {
      const time = { now: start }
      const store = new MemoryRecordStore({ clock: () => time.now, maxRecords: 2_000 })
      const target = await createTestManager({ random, time, store })
      target.honest.publishes = true
      const attempts = new Attempts(target)
      for (let shot = 0; shot < times(10_000, 2_500); shot++) {
        const author = await keyPair(random)
        const key = joinRecordKey('open', `u${shot}`)
        const value = await sealed({ key, signer: author, sequence: 0n, now: time.now })
        await attempts.send({ key, value, sender: senderOf(shot) }, () => true)
      }
      return attempts.result({ sizes: [{ what: 'records', size: (await store.stats()).entries, most: 2_000 }] })
    }
  }
]
