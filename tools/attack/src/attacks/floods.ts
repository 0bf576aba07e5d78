import { joinRecordKey } from '@recordkit/record-codec'
import { MemoryRecordStore, perSender } from '@recordkit/store-memory'
import { Assault } from '../assault.ts'
import type { Attack } from '../attack.ts'
import { openHouse, pointsPerSecond } from '../house.ts'
import { keyPair, ownKey, sealed, senderOf, start } from '../records.ts'

/** Much, of what is valid. */
export const floods: readonly Attack[] = [
  {
    id: 'many-keys-one-sender',
    title: 'ten thousand keys from one sender, each with a valid record',
    bound: `${pointsPerSecond} records a second and sender; perSender of the store, here 500`,
    async run({ random, times }) {
      const time = { now: start }
      const store = new MemoryRecordStore({ clock: () => time.now, maxRecords: 2_000, quotas: [perSender(500)] })
      const house = await openHouse({ random, time, store })
      const assault = new Assault(house)
      const author = await keyPair(random)
      let held = 0
      for (let shot = 0; shot < times(10_000, 600); shot++) {
        const key = ownKey(author, `k${shot}`)
        const value = await sealed({ key, signer: author, sequence: 0n, now: time.now })
        if ((await assault.attempt({ key, value, sender: senderOf(1) }, () => true)) === 'stored') held++
      }
      return assault.result({
        sizes: [
          { what: 'records of the flood', size: held, most: 500 },
          { what: 'records', size: (await store.stats()).entries, most: 2_000 }
        ]
      })
    }
  },
  {
    id: 'one-key-many-senders',
    title: 'one key from ten thousand senders: the newest record, older ones and forgeries',
    bound: '10,000 buckets and reputations; identical bytes cost one signature',
    async run({ random, times }) {
      const house = await openHouse({ random })
      const assault = new Assault(house)
      const [owner, attacker] = [await keyPair(random), await keyPair(random)]
      const key = ownKey(owner, 'x')
      const make = (sequence: bigint) => sealed({ key, signer: owner, sequence, now: start })
      const [older, newest] = [await make(1n), await make(2n)]
      const foreign = await sealed({ key, signer: attacker, sequence: 3n, now: start })
      await house.manager.receive(key, newest, { sender: house.honest.sender })
      const misses = house.engine.verdicts.stats.misses
      for (let shot = 0; shot < times(10_000, 100); shot++) {
        const sender = senderOf(shot)
        await assault.attempt({ key, value: newest, sender }, ({ status }) => status === 'refreshed')
        await assault.fire({ key, value: random.of([older, foreign, random.damaged(newest)]), sender })
      }
      return assault.result({
        sizes: [
          { what: 'buckets', size: house.limiter.size, most: 10_000 },
          { what: 'reputations', size: house.reputation.size, most: 10_000 },
          {
            what: 'judgements',
            size: house.engine.verdicts.stats.misses - misses,
            most: assault.tried / 2 + house.honest.of
          }
        ]
      })
    }
  },
  {
    id: 'useless-bulk',
    title: 'valid and useless records in bulk from 50 senders, each under keys of its own',
    bound: 'maxRecords of the store, here 2,000, in equal shares of the senders',
    async run({ random, times }) {
      const time = { now: start }
      const store = new MemoryRecordStore({ clock: () => time.now, maxRecords: 2_000 })
      const house = await openHouse({ random, time, store })
      const assault = new Assault(house, 10)
      const authors = await Promise.all(Array.from({ length: 50 }, async () => keyPair(random)))
      for (let shot = 0; shot < times(20_000, 2_500); shot++) {
        const author = random.of(authors)
        const key = ownKey(author, `u${shot}`)
        const content = random.bytes(200)
        const value = await sealed({ key, signer: author, sequence: 0n, now: time.now, content })
        await assault.attempt({ key, value, sender: senderOf(authors.indexOf(author)) }, () => true)
      }
      const { entries, marks } = await store.stats()
      return assault.result({
        sizes: [
          { what: 'records', size: entries, most: 2_000 },
          { what: 'marks', size: marks, most: 2_000 }
        ]
      })
    }
  },
  {
    id: 'useless-senders',
    title: 'valid and useless records, each from another sender; what this node publishes itself stays',
    bound: "maxRecords of the store, here 2,000; local records are not evicted for others'",
    async run({ random, times }) {
      const time = { now: start }
      const store = new MemoryRecordStore({ clock: () => time.now, maxRecords: 2_000 })
      const house = await openHouse({ random, time, store })
      house.honest.publishes = true
      const assault = new Assault(house)
      for (let shot = 0; shot < times(10_000, 2_500); shot++) {
        const author = await keyPair(random)
        const key = joinRecordKey('open', `u${shot}`)
        const value = await sealed({ key, signer: author, sequence: 0n, now: time.now })
        await assault.attempt({ key, value, sender: senderOf(shot) }, () => true)
      }
      return assault.result({ sizes: [{ what: 'records', size: (await store.stats()).entries, most: 2_000 }] })
    }
  }
]
