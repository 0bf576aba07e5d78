import { joinRecordKey } from '@recordkit/record-codec'
import { encodeDhtMessage, messageTypes } from '@recordkit/record-test-network'
import type { MaliciousBehaviour } from '@recordkit/record-test-network'
import type { KeyPair } from '@recordkit/record-crypto'
import { hour } from '@recordkit/testing'
import { systemClock } from '@recordkit/record-types'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import type { Attack, Field, Result } from '../attack.ts'
import { heldWrongly, maxRecords, protocol, putMessage, startField } from '../field-network.ts'
import type { FieldNetwork } from '../field-network.ts'
import { keyPair, ownKey, sealed } from '../records.ts'
import { forgeries } from '../wire/forgeries.ts'
import type { Order } from '../wire/orders.ts'
import { flatOut, LoadRunner, steady } from '../wire/load-runner.ts'
import type { Pace } from '../wire/load-runner.ts'

type Kept = Pick<Result, 'tried' | 'steady'> & { readonly pace: Pace }

const nodes = 5
const limited = '25 messages a second of one peer; a peer is barred for too many streams or some ten forgeries'

/**
 * Has two attackers send `messages` to one of the nodes, by turns, while honest rounds go on among all: some a second, but
 * in a short run, then as many as there is CPU for.
 */
async function runLoad(
  network: FieldNetwork,
  { times, short }: Field,
  messages: readonly Uint8Array[],
  order: Pick<Order, 'manner' | 'fresh'> = { manner: 'streams' }
): Promise<Kept> {
  await using loadRunner = await LoadRunner.start(2, { targets: [network.target], protocol, messages })
  const strike = { ...order, count: times(20_000, 400) }
  const some = short ? undefined : await loadRunner.measure(network, strike, steady)
  const full = short ? { pairs: 1, milliseconds: 300 } : flatOut
  const pace = await loadRunner.measure(network, strike, full)
  return { tried: pace.struck.tried, pace, ...(some === undefined ? {} : { steady: some.keptByClock }) }
}

/** Messages to be sent in turn, each made by one of `makers`. */
async function ammunition(
  number: number,
  makers: readonly ((shot: number) => Uint8Array | Promise<Uint8Array>)[]
): Promise<readonly Uint8Array[]> {
  const make = async (_: unknown, shot: number): Promise<Uint8Array> => {
    const maker = makers[shot % makers.length]
    return maker === undefined ? new Uint8Array(0) : maker(shot)
  }
  return Promise.all(Array.from({ length: number }, make))
}

/** Every hostile behaviour of the conformance kit, by three of eight peers that are all asked. */
function hostileAnswers(behaviour: MaliciousBehaviour, forged: boolean): Attack {
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
      for (const peer of network.hostile) peer.respondWith = (key) => given.get(nameOf(key))
      const rounds = times(12, 2)
      for (let round = 0; round < rounds; round++) await network.round()
      const gotIn = await heldUnproven(network)
      const asked = network.hostile.reduce(
        (sum, peer) => sum + (peer.requestCounts.get('GET_VALUE') ?? 0) + (peer.requestCounts.get('PUT_VALUE') ?? 0),
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
      if ((await engine.validate(key, value)).status !== 'accept') unproven++
  }
  return unproven
}

/** Questions that break no rule, for a record that the node has. */
function questions(manner: Order['manner'], how: string): Attack {
  return {
    id: manner === 'streams' ? 'wire-questions' : `wire-questions-${manner}`,
    title: `questions for a record that the node holds, ${how}`,
    bound: limited,
    async run(field) {
      await using network = await startField(field.random, nodes, [])
      const signer = network.pairs[0] as KeyPair
      const key = ownKey(signer, 'x')
      await network.records[0]?.manager.receive(key, await sealed({ key, signer, sequence: 1n, now: systemClock() }))
      const question = encodeDhtMessage({ type: messageTypes.indexOf('GET_VALUE'), key })
      const kept = await runLoad(network, field, [question], { manner })
      return { ...kept, gotIn: 0, honest: network.honest, attacked: network }
    }
  }
}

/** Attacks over the wire, on real nodes. */
export const network: readonly Attack[] = [
  {
    id: 'wire-forgeries',
    title: 'puts over the wire of forged, foreign, confused and older records, as fast as two peers can',
    bound: `validators before the datastore; the datastore guard behind them; ${limited}`,
    async run(field: Field): Promise<Result> {
      const { random } = field
      await using network = await startField(random, nodes, [])
      const forged = await forgeries(network, random)
      const kept = await runLoad(network, field, forged.messages)
      return {
        ...kept,
        gotIn: kept.pace.struck.answered + (await forged.taken()),
        honest: network.honest,
        attacked: network
      }
    }
  },
  {
    id: 'wire-strangers',
    title: 'the same, by peers who come again as somebody else when they are barred',
    bound: 'some ten forgeries a peer; 5 connections a second of one address, as js-libp2p takes them by default',
    async run(field) {
      const { random } = field
      await using network = await startField(random, nodes, [])
      const forged = await forgeries(network, random)
      const kept = await runLoad(network, field, forged.messages, { manner: 'streams', fresh: true })
      return {
        ...kept,
        gotIn: kept.pace.struck.answered + (await forged.taken()),
        honest: network.honest,
        attacked: network
      }
    }
  },
  {
    id: 'wire-names',
    title: 'puts over the wire in namespaces named like object members',
    bound: `validators without a prototype: an unknown namespace is refused by Kademlia itself; ${limited}`,
    async run(field) {
      const { random } = field
      await using network = await startField(random, nodes, [])
      const attacker = await keyPair(random)
      const keys = Object.getOwnPropertyNames(Object.prototype).map((name) => joinRecordKey(name, 'x'))
      const messages = await ammunition(keys.length, [
        async (shot) => {
          const key = keys[shot] as Uint8Array
          return putMessage(key, key, await sealed({ key, signer: attacker, sequence: 1n, now: systemClock() }))
        }
      ])
      const kept = await runLoad(network, field, messages)
      const wrong = await heldWrongly(network, keys, () => false)
      return { ...kept, gotIn: kept.pace.struck.answered + wrong, honest: network.honest, attacked: network }
    }
  },
  {
    id: 'wire-bytes',
    title: 'random bytes, cut-off messages and announcements of 1 GiB over the wire',
    bound: `a record of the largest there may be and 64 KiB a message; a stream that fails is reset; ${limited}`,
    async run(field) {
      const { random } = field
      await using network = await startField(random, nodes, [])
      const key = ownKey(network.pairs[0] as KeyPair, 'x')
      const messages = await ammunition(600, [
        () => random.bytes(1 + random.below(400)),
        () => putMessage(key, key, new Uint8Array(300)).subarray(0, random.below(300)),
        () => Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04, ...random.bytes(1000))
      ])
      const kept = await runLoad(network, field, messages)
      const wrong = await heldWrongly(network, [key], () => false)
      return { ...kept, gotIn: kept.pace.struck.answered + wrong, honest: network.honest, attacked: network }
    }
  },
  {
    id: 'wire-bulk',
    title: 'valid and useless records in bulk over the wire',
    bound: `${limited}; maxRecords of each store, here ${maxRecords}; what a node publishes itself stays`,
    async run(field) {
      const { random, times } = field
      await using network = await startField(random, nodes, [])
      const attacker = await keyPair(random)
      const messages = await ammunition(times(5_000, 200), [
        async (shot) => {
          const key = joinRecordKey('open', `u${shot}`)
          return putMessage(key, key, await sealed({ key, signer: attacker, sequence: 1n, now: systemClock() }))
        }
      ])
      const kept = await runLoad(network, field, messages)
      // the control of all other attacks over the wire: what is valid is taken on this way
      if (kept.pace.struck.answered === 0)
        throw new Error('no node took a valid record: the messages are not understood')
      const stats = await Promise.all(network.stores.map(async (store) => store.stats()))
      const most = Math.max(...stats.map(({ entries }) => entries))
      const sizes = [{ what: 'records', size: most, most: maxRecords }]
      return { ...kept, gotIn: 0, honest: network.honest, sizes, attacked: network }
    }
  },
  questions('streams', 'each on a stream of its own'),
  questions('one-stream', 'one after another on streams that stay open'),
  {
    id: 'slow-senders',
    title: 'streams that are opened, say a byte or half a message, and wait',
    bound: `24 streams of one peer; 10 s for a message; ${limited}`,
    async run(field) {
      await using network = await startField(field.random, nodes, [])
      const key = ownKey(network.pairs[0] as KeyPair, 'x')
      const half = putMessage(key, key, new Uint8Array(300)).subarray(0, 100)
      const kept = await runLoad(network, field, [half, half.subarray(0, 1)], { manner: 'hanging' })
      const wrong = await heldWrongly(network, [key], () => false)
      return { ...kept, gotIn: wrong, honest: network.honest, attacked: network }
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
