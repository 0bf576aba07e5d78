import { maxClockSkew } from '@recordkit/record-types'
import { day, hour, minute, second } from '@recordkit/testing'
import { Attempts } from '../attempts.ts'
import type { Attack } from '../attack.ts'
import { createTestManager } from '../test-manager.ts'
import { keyPair, ownKey, sealed, senderOf, start } from '../records.ts'

/** `maxClockSkew` in ns */
const skew = BigInt(maxClockSkew / 1000) * second

/** Records from other times, and wrong clocks. */
export const clocks: readonly Attack[] = [
  {
    id: 'from-other-times',
    title: 'records issued beyond the clock skew, and records that expired up to a year ago',
    bound: 'refused by time; nothing is stored for them',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target)
      const author = await keyPair(random)
      for (let shot = 0; shot < times(2_000); shot++) {
        const key = ownKey(author, `t${shot}`)
        const away = BigInt(1 + random.below(365)) * (shot % 4 === 0 ? second : day)
        const future = shot % 2 === 0
        const now = future ? target.time.now + skew + minute + away : target.time.now - away - hour
        const value = await sealed({ key, signer: author, sequence: 0n, now, lifetime: future ? day : minute })
        await attempts.send({ key, value, sender: senderOf(shot) })
      }
      return attempts.result({
        sizes: [{ what: 'records', size: (await target.store.stats()).entries, most: 16 }]
      })
    }
  },
  {
    id: 'skew-both-ways',
    title:
      'senders whose clock is five minutes ahead or behind: their newest record is stored, their older ones are refused',
    bound: 'a clock skew of 5 minutes',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target)
      const author = await keyPair(random)
      for (let shot = 0; shot < times(500); shot++) {
        const key = ownKey(author, `s${shot}`)
        const now = target.time.now + (shot % 2 === 0 ? skew : -skew)
        const [older, newer] = [
          await sealed({ key, signer: author, sequence: 1n, now: target.time.now + skew }),
          await sealed({ key, signer: author, sequence: 2n, now })
        ]
        const { status } = await target.manager.receive(key, newer, { sender: senderOf(shot) })
        target.honest.of++
        if (status === 'stored') target.honest.right++
        await attempts.send({ key, value: older, sender: senderOf(shot) })
      }
      return attempts.result()
    }
  },
  {
    id: 'own-clock-jumps',
    title: "the node's clock jumps an hour back, and 40 days ahead and back; older records after each jump",
    bound: 'the order does not depend on the clock; marks last 30 days by it',
    async run({ random, times }) {
      const time = { now: start }
      const target = await createTestManager({ random, time })
      const author = await keyPair(random)
      const attempts = new Attempts(target)
      for (let shot = 0; shot < times(200, 10); shot++) {
        const key = ownKey(author, `j${shot}`)
        const now = time.now
        const [older, newer] = [
          await sealed({ key, signer: author, sequence: 1n, now, lifetime: 100n * day }),
          await sealed({ key, signer: author, sequence: 2n, now, lifetime: 100n * day })
        ]
        await target.manager.receive(key, newer, { sender: target.honest.sender })
        for (const jump of [-hour, hour, 40n * day, -40n * day]) {
          time.now += jump
          const { status } = await target.manager.receive(key, older, { sender: senderOf(shot) })
          attempts.tried++
          if (status === 'stored' || status === 'refreshed') attempts.accepted++
        }
        await target.honest.once()
      }
      return attempts.result()
    }
  }
]
