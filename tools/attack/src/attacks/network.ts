import { joinKey } from '@recordkit/record-codec'
import type { HostileBehaviour } from '@recordkit/record-conformance/network'
import type { KeyPair } from '@recordkit/record-crypto'
import { equalBytes, hour, systemClock } from '@recordkit/record-types'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import type { Attack, Field, Result } from '../attack.ts'
import { dangle, maxRecords, push, putMessage, quietAndAttacked, startField } from '../field-network.ts'
import type { FieldNetwork } from '../field-network.ts'
import { keyPair, named, ownKey, sealed } from '../records.ts'

const nodes = 5
const attackers: readonly HostileBehaviour[] = ['stale', 'stale']

/** Puts what `shotOf` makes to one honest node after another for as long as honest rounds go on, and at least `least` times. */
async function bombard(
  network: FieldNetwork,
  rounds: number,
  least: number,
  shotOf: (shot: number) => Uint8Array | Promise<Uint8Array>
): Promise<{ readonly tried: number; readonly answered: number; readonly pace: number }> {
  let tried = 0
  let answered = 0
  const pace = await quietAndAttacked(network, rounds, async (siege) => {
    const one = async (attacker: (typeof network.hostile)[number]): Promise<void> => {
      while (siege.going || tried < least) {
        await siege.turn()
        const target = network.network.honest[tried % nodes] as (typeof network.network.honest)[number]
        const bytes = await shotOf(tried++)
        if (await push(attacker, target, bytes)) answered++
      }
    }
    await Promise.all(network.hostile.map(one))
  })
  return { tried, answered, pace }
}

/** Every hostile behaviour of the conformance kit, by three of eight peers that are all asked. */
function hostileAnswers(behaviour: HostileBehaviour, forged: boolean): Attack {
  return {
    id: `answers-${behaviour}${forged ? '-forged' : ''}`,
    title: `three of eight peers are ${behaviour}, with ${forged ? 'a record of another signer' : 'an older record'}`,
    bound: 'a look-up ends at its quorum or deadline; a message is at most 4 MiB, a value 64 KiB, proven at most once',
    async run({ random, times }) {
      await using network = await startField(random, nodes, [behaviour, behaviour, behaviour])
      const stranger = await keyPair(random)
      const given = new Map<string, Uint8Array>()
      const nameOf = (key: Uint8Array): string => key.join()
      for (let slot = 0; slot < 4; slot++) {
        for (const pair of network.pairs) {
          const key = ownKey(pair, `r${slot}`)
          const signer = forged ? stranger : pair
          // an older record is one that anyone may have kept from before
          given.set(
            nameOf(key),
            await sealed({ key, signer, sequence: forged ? 1000n : 0n, now: systemClock(), lifetime: hour })
          )
        }
      }
      for (const peer of network.hostile) peer.gives = (key) => given.get(nameOf(key))
      const rounds = times(12, 2)
      for (let round = 0; round < rounds; round++) await network.round()
      const gotIn = await heldUnproven(network)
      const asked = network.hostile.reduce(
        (sum, peer) => sum + (peer.asked.get('GET_VALUE') ?? 0) + (peer.asked.get('PUT_VALUE') ?? 0),
        0
      )
      return { tried: asked, gotIn, honest: network.honest, attacked: network.stores }
    }
  }
}

/** How many of all records that the nodes hold are not their owner's. */
async function heldUnproven(network: FieldNetwork): Promise<number> {
  const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })])
  let unproven = 0
  for (const store of network.stores) {
    for await (const { key, value } of store.iterate())
      if ((await engine.validate(key, value)).verdict !== 'accept') unproven++
  }
  return unproven
}

/** How many of these nodes hold something under one of these keys that is not `allowed`. */
async function heldWrongly(
  network: FieldNetwork,
  keys: readonly Uint8Array[],
  allowed: (value: Uint8Array) => boolean
): Promise<number> {
  let wrong = 0
  for (const store of network.stores) {
    for (const key of keys) {
      const held = await store.get(key)
      if (held !== undefined && !allowed(held.value)) wrong++
    }
  }
  return wrong
}

/** Attacks over the wire, on real nodes. */
export const network: readonly Attack[] = [
  {
    id: 'wire-forgeries',
    title: 'puts over the wire of forged, foreign, confused and older records, as fast as two peers can',
    bound: 'validators before the datastore; the datastore guard behind them',
    async run({ random, times }: Field): Promise<Result> {
      await using field = await startField(random, nodes, attackers)
      const [victim, attacker] = [field.pairs[0] as KeyPair, await keyPair(random)]
      const [key, other] = [ownKey(victim, 'x'), ownKey(victim, 'y')]
      const now = systemClock()
      const [older, newest] = [
        await sealed({ key, signer: victim, sequence: 1n, now }),
        await sealed({ key, signer: victim, sequence: 2n, now })
      ]
      const foreign = await sealed({ key, signer: attacker, sequence: 9n, now })
      const name = await named(victim, 3n, now + hour)
      for (const records of field.records) await records.receive(key, newest)
      const shots: ((shot: number) => Uint8Array)[] = [
        () => putMessage(key, key, random.damaged(newest)),
        () => putMessage(key, key, foreign),
        () => putMessage(key, key, older),
        () => putMessage(other, key, older),
        () => putMessage(other, other, newest),
        () => putMessage(name.key, name.key, random.damaged(name.value, name.value.length - 40)),
        () => putMessage(key, name.key, newest)
      ]
      const { tried, answered, pace } = await bombard(field, times(20, 3), times(4_000, 60), (shot) =>
        (shots[shot % shots.length] as (shot: number) => Uint8Array)(shot)
      )
      const wrong = await heldWrongly(field, [key], (value) => equalBytes(value, newest))
      const more = await heldWrongly(field, [other, name.key], () => false)
      return { tried, gotIn: answered + wrong + more, honest: field.honest, pace, attacked: field }
    }
  },
  {
    id: 'wire-names',
    title: 'puts and gets over the wire in namespaces named like object members',
    bound: 'validators without a prototype: an unknown namespace is refused by Kademlia itself',
    async run({ random, times }) {
      await using field = await startField(random, nodes, attackers)
      const attacker = await keyPair(random)
      const names = Object.getOwnPropertyNames(Object.prototype)
      const keys = names.map((name) => joinKey(name, 'x'))
      const { tried, answered, pace } = await bombard(field, times(10, 3), times(1_000, 60), async (shot) => {
        const key = keys[shot % keys.length] as Uint8Array
        return putMessage(key, key, await sealed({ key, signer: attacker, sequence: 1n, now: systemClock() }))
      })
      const wrong = await heldWrongly(field, keys, () => false)
      return { tried, gotIn: answered + wrong, honest: field.honest, pace, attacked: field }
    }
  },
  {
    id: 'wire-bytes',
    title: 'random bytes, cut-off messages and announcements of 1 GiB over the wire',
    bound: '4 MiB a message; a stream that fails is reset',
    async run({ random, times }) {
      await using field = await startField(random, nodes, attackers)
      const key = ownKey(field.pairs[0] as KeyPair, 'x')
      const { tried, answered, pace } = await bombard(field, times(10, 3), times(1_000, 60), (shot) => {
        if (shot % 3 === 0) return random.bytes(1 + random.below(400))
        if (shot % 3 === 1) return putMessage(key, key, new Uint8Array(300)).subarray(0, random.below(300))
        return Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04, ...random.bytes(1000))
      })
      const wrong = await heldWrongly(field, [key], () => false)
      return { tried, gotIn: answered + wrong, honest: field.honest, pace, attacked: field }
    }
  },
  {
    id: 'wire-bulk',
    title: 'valid and useless records in bulk over the wire, where nobody says who sent them',
    bound: `maxRecords of each store, here ${maxRecords}; what a node publishes itself stays`,
    async run({ random, times }) {
      await using field = await startField(random, nodes, attackers)
      const attacker = await keyPair(random)
      const { tried, answered, pace } = await bombard(field, times(20, 3), times(5_000, 60), async (shot) => {
        const key = joinKey('open', `u${shot}`)
        return putMessage(key, key, await sealed({ key, signer: attacker, sequence: 1n, now: systemClock() }))
      })
      // the control of all other attacks over the wire: what is valid is taken on this way
      if (answered === 0) throw new Error('no node took a valid record: the messages are not understood')
      const stats = await Promise.all(field.stores.map(async (store) => store.stats()))
      const most = Math.max(...stats.map(({ entries }) => entries))
      const sizes = [{ what: 'records', size: most, most: maxRecords }]
      return { tried, gotIn: 0, honest: field.honest, pace, sizes, attacked: field }
    }
  },
  {
    id: 'slow-senders',
    title: 'streams that are opened, say a byte or half a message, and wait',
    bound: '32 streams a connection; 10 s for a message',
    async run({ random, times }) {
      await using field = await startField(random, nodes, attackers)
      const key = ownKey(field.pairs[0] as KeyPair, 'x')
      const half = putMessage(key, key, new Uint8Array(300)).subarray(0, 100)
      let tried = 0
      // what hangs on goes on hanging in the quiet turns: there is no pace to compare
      await quietAndAttacked(field, times(20, 3), async (siege) => {
        const ends: (() => void)[] = []
        for (; siege.going && tried < times(400, 60); await siege.turn()) {
          const target = field.network.honest[tried % nodes] as (typeof field.network.honest)[number]
          const attacker = field.hostile[tried % field.hostile.length] as (typeof field.hostile)[number]
          ends.push(await dangle(attacker, target, tried++ % 2 === 0 ? half : half.subarray(0, 1)))
        }
        while (siege.going) await new Promise((resolve) => setTimeout(resolve, 20))
        for (const end of ends) end()
      })
      const wrong = await heldWrongly(field, [key], () => false)
      return { tried, gotIn: wrong, honest: field.honest, attacked: field }
    }
  },
  hostileAnswers('stale', false),
  hostileAnswers('stale', true),
  hostileAnswers('refusing', false),
  hostileAnswers('echoing', false),
  hostileAnswers('wrong-key', false),
  hostileAnswers('garbage', false),
  hostileAnswers('oversize', false),
  hostileAnswers('slow', false),
  hostileAnswers('silent', false),
  hostileAnswers('flooding', false),
  hostileAnswers('leaving', false)
]
