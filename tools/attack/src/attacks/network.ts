import { joinRecordKey } from '@recordkit/record-codec'
import { encodeDhtMessage, messageTypes } from '@recordkit/record-test-network'
import type { MaliciousBehaviour } from '@recordkit/record-test-network'
import type { KeyPair } from '@recordkit/record-crypto'
import { hour } from '@recordkit/testing'
import { systemClock } from '@recordkit/record-types'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import type { Attack, Field, Result } from '../attack.ts'
import { countUnexpected, maxRecords, protocol, putMessage, startField } from '../field-network.ts'
import type { FieldNetwork } from '../field-network.ts'
import { keyPair, ownKey, sealed } from '../records.ts'
import { forgeries } from '../wire/forgeries.ts'
import type { Order } from '../wire/orders.ts'
import { flatOut, LoadRunner, steady } from '../wire/load-runner.ts'
import type { Pace } from '../wire/load-runner.ts'

type LoadResult = Pick<Result, 'tried' | 'steady'> & { readonly pace: Pace }

const nodes = 5
const limited = '25 messages per second and peer; a peer is banned for too many streams or about ten forgeries'

/**
 * Two attackers send `messages` to one of the nodes while honest rounds continue among all nodes: first ten rounds per second
 * (not in a short run), then as many as the CPU allows.
 */
async function runLoad(
  network: FieldNetwork,
  { short }: Field,
  messages: readonly Uint8Array[],
  order: Pick<Order, 'manner' | 'newIdentities'> = { manner: 'streams' }
): Promise<LoadResult> {
  await using loadRunner = await LoadRunner.start(2, { targets: [network.target], protocol, messages })
  const attack = { ...order, count: short ? 200 : 20_000 }
  const some = short ? undefined : await loadRunner.measure(network, attack, steady)
  const full = short ? { pairs: 1, milliseconds: 150 } : flatOut
  const pace = await loadRunner.measure(network, attack, full)
  return { tried: pace.sent.tried, pace, steady: some?.keptByClock }
}

/** Makes `number` messages, by the `makers` in turn. */
async function makeMessages(
  number: number,
  makers: readonly ((shot: number) => Uint8Array | Promise<Uint8Array>)[]
): Promise<readonly Uint8Array[]> {
  const make = async (_: unknown, shot: number): Promise<Uint8Array> => {
    const maker = makers[shot % makers.length]
    return maker === undefined ? new Uint8Array(0) : maker(shot)
  }
  return Promise.all(Array.from({ length: number }, make))
}

/** One behaviour of malicious peers, by three of the eight peers that are asked. */
function maliciousAnswers(behaviour: MaliciousBehaviour, forged: boolean): Attack {
  return {
    id: `answers-${behaviour}${forged ? '-forged' : ''}`,
    title: `three of eight peers are ${behaviour}, with ${forged ? 'a record of another signer' : 'an older record'}`,
    bound:
      'a look-up ends when the nearest peers have answered, or at its timeout; a message is at most 4 MiB, a value at most 64 KiB and verified at most once',
    async run({ random, times }) {
      await using network = await startField(random, nodes, [behaviour, behaviour, behaviour])
      const attacker = await keyPair(random)
      const answers = new Map<string, Uint8Array>()
      const nameOf = (key: Uint8Array): string => key.join()
      for (let slot = 0; slot < 4; slot++) {
        for (const pair of network.pairs) {
          const key = ownKey(pair, `r${slot}`)
          const signer = forged ? attacker : pair
          // any peer may have kept an older record
          answers.set(
            nameOf(key),
            await sealed({ key, signer, sequence: forged ? 1000n : 0n, now: systemClock(), lifetime: hour })
          )
        }
      }
      for (const peer of network.malicious) peer.respondWith = (key) => answers.get(nameOf(key))
      const rounds = times(12, 1)
      for (let round = 0; round < rounds; round++) await network.round()
      const accepted = await countInvalid(network)
      const requests = network.malicious.reduce(
        (sum, peer) => sum + (peer.requestCounts.get('GET_VALUE') ?? 0) + (peer.requestCounts.get('PUT_VALUE') ?? 0),
        0
      )
      return { tried: requests, accepted, honest: network.honest, attacked: network.stores }
    }
  }
}

/** Counts the stored records that are not valid. */
async function countInvalid(network: FieldNetwork): Promise<number> {
  const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })])
  let invalid = 0
  for (const store of network.stores) {
    for await (const { key, value } of store.iterate())
      if ((await engine.validate(key, value)).status !== 'accept') invalid++
  }
  return invalid
}

/** Correct requests for a record that the node stores. */
function requests(manner: Order['manner'], how: string): Attack {
  return {
    id: manner === 'streams' ? 'wire-requests' : `wire-requests-${manner}`,
    title: `requests for a record that the node stores, ${how}`,
    bound: limited,
    async run(field) {
      await using network = await startField(field.random, nodes, [])
      const signer = network.pairs[0] as KeyPair
      const key = ownKey(signer, 'x')
      await network.records[0]?.manager.receive(key, await sealed({ key, signer, sequence: 1n, now: systemClock() }))
      const request = encodeDhtMessage({ type: messageTypes.indexOf('GET_VALUE'), key })
      const load = await runLoad(network, field, [request], { manner })
      return { ...load, accepted: 0, honest: network.honest, attacked: network }
    }
  }
}

/** Attacks over the wire, on real nodes. */
export const network: readonly Attack[] = [
  {
    id: 'wire-forgeries',
    title: 'forged, foreign, misplaced and older records put over the wire, as fast as two peers can',
    bound: `validators before the datastore, which validates again; ${limited}`,
    async run(field: Field): Promise<Result> {
      const { random } = field
      await using network = await startField(random, nodes, [])
      const forged = await forgeries(network, random)
      const load = await runLoad(network, field, forged.messages)
      return {
        ...load,
        accepted: load.pace.sent.answered + (await forged.accepted()),
        honest: network.honest,
        attacked: network
      }
    }
  },
  {
    id: 'wire-new-identities',
    title: 'the same, by peers that reconnect with a new identity when they are banned',
    bound: 'about ten forgeries per peer; 5 connections per second and address, the default of js-libp2p',
    async run(field) {
      const { random } = field
      await using network = await startField(random, nodes, [])
      const forged = await forgeries(network, random)
      const load = await runLoad(network, field, forged.messages, { manner: 'streams', newIdentities: true })
      return {
        ...load,
        accepted: load.pace.sent.answered + (await forged.accepted()),
        honest: network.honest,
        attacked: network
      }
    }
  },
  {
    id: 'wire-names',
    title: 'records put over the wire in namespaces named like object members',
    bound: `a validators object without a prototype: kad-dht refuses an unknown namespace; ${limited}`,
    async run(field) {
      const { random } = field
      await using network = await startField(random, nodes, [])
      const attacker = await keyPair(random)
      const keys = Object.getOwnPropertyNames(Object.prototype).map((name) => joinRecordKey(name, 'x'))
      const messages = await makeMessages(keys.length, [
        async (shot) => {
          const key = keys[shot] as Uint8Array
          return putMessage(key, key, await sealed({ key, signer: attacker, sequence: 1n, now: systemClock() }))
        }
      ])
      const load = await runLoad(network, field, messages)
      const unexpected = await countUnexpected(network, keys, () => false)
      return { ...load, accepted: load.pace.sent.answered + unexpected, honest: network.honest, attacked: network }
    }
  },
  {
    id: 'wire-bytes',
    title: 'random bytes, truncated messages and length prefixes of 1 GiB over the wire',
    bound: `the largest record and 64 KiB per message; a stream that fails is reset; ${limited}`,
    async run(field) {
      const { random } = field
      await using network = await startField(random, nodes, [])
      const key = ownKey(network.pairs[0] as KeyPair, 'x')
      const messages = await makeMessages(600, [
        () => random.bytes(1 + random.below(400)),
        () => putMessage(key, key, new Uint8Array(300)).subarray(0, random.below(300)),
        () => Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04, ...random.bytes(1000))
      ])
      const load = await runLoad(network, field, messages)
      const unexpected = await countUnexpected(network, [key], () => false)
      return { ...load, accepted: load.pace.sent.answered + unexpected, honest: network.honest, attacked: network }
    }
  },
  {
    id: 'wire-bulk',
    title: 'valid but useless records in bulk over the wire',
    bound: `${limited}; maxRecords of each store, here ${maxRecords}; the records that a node publishes stay`,
    async run(field) {
      const { random, times } = field
      await using network = await startField(random, nodes, [])
      const attacker = await keyPair(random)
      const messages = await makeMessages(times(5_000, 200), [
        async (shot) => {
          const key = joinRecordKey('open', `u${shot}`)
          return putMessage(key, key, await sealed({ key, signer: attacker, sequence: 1n, now: systemClock() }))
        }
      ])
      const load = await runLoad(network, field, messages)
      // the control of all other attacks over the wire: a valid record is accepted this way
      if (load.pace.sent.answered === 0)
        throw new Error('no node accepted a valid record: the messages of the attackers are wrong')
      const stats = await Promise.all(network.stores.map(async (store) => store.stats()))
      const most = Math.max(...stats.map(({ entries }) => entries))
      const sizes = [{ what: 'records', size: most, most: maxRecords }]
      return { ...load, accepted: 0, honest: network.honest, sizes, attacked: network }
    }
  },
  requests('streams', 'each on a stream of its own'),
  requests('one-stream', 'one after another on open streams'),
  {
    id: 'slow-senders',
    title: 'streams that send one byte or half a message, and wait',
    bound: `24 streams per peer; 10 s per message; ${limited}`,
    async run(field) {
      await using network = await startField(field.random, nodes, [])
      const key = ownKey(network.pairs[0] as KeyPair, 'x')
      const half = putMessage(key, key, new Uint8Array(300)).subarray(0, 100)
      const load = await runLoad(network, field, [half, half.subarray(0, 1)], { manner: 'hanging' })
      const unexpected = await countUnexpected(network, [key], () => false)
      return { ...load, accepted: unexpected, honest: network.honest, attacked: network }
    }
  },
  maliciousAnswers('stale', false),
  maliciousAnswers('stale', true),
  maliciousAnswers('refusing', false),
  maliciousAnswers('echoing', false),
  maliciousAnswers('wrong-key', false),
  maliciousAnswers('garbage', false),
  maliciousAnswers('oversize', false),
  maliciousAnswers('slow', false),
  maliciousAnswers('silent', false),
  maliciousAnswers('flooding', false),
  maliciousAnswers('leaving', false)
]
