import type { RoutingAck, RoutingAnswer } from '@recordkit/record-types'
import { check, collect, rejects, rejectsWith, same, show } from '../assert.ts'
import type { RoutingCase, RoutingContext, RoutingRequirement } from './routing-case.ts'

const statuses: readonly string[] = ['stored', 'refused', 'timeout', 'mismatch', 'sent']

function must(
  id: string,
  title: string,
  run: (context: RoutingContext) => Promise<void>,
  requires: readonly RoutingRequirement[] = []
): RoutingCase {
  return { id, title, requires, level: 'must', run }
}

function valuesOf(answers: readonly RoutingAnswer[]): Uint8Array[] {
  return answers.flatMap((answer) => ('value' in answer && answer.value !== undefined ? [answer.value] : []))
}

function stored(acks: readonly RoutingAck[]): number {
  return acks.filter(({ status }) => status === 'stored').length
}

function checkAcks(acks: readonly RoutingAck[]): void {
  for (const { from, status } of acks) {
    check(from instanceof Uint8Array && from.length > 0, `an acknowledgement is from ${show(from)}; expected a peer ID`)
    check(statuses.includes(status), `a status is ${show(status)}; expected one of ${statuses.join(', ')}`)
  }
}

function checkAnswers(answers: readonly RoutingAnswer[]): void {
  for (const answer of answers) {
    if ('error' in answer) continue
    check(
      answer.from instanceof Uint8Array && answer.from.length > 0,
      `an answer is from ${show(answer.from)}; expected a peer ID`
    )
    check(
      answer.value === undefined || answer.value instanceof Uint8Array,
      `a value is ${show(answer.value)}; expected a Uint8Array`
    )
  }
}

/** The rules for every routing. */
export const routingCases: readonly RoutingCase[] = /* @__PURE__ */ (() => [
  must('put/get', 'finds the record that it has put, and reports which peers stored it', async ({ open, factory }) => {
    const routing = await open()
    const { key, value } = factory.record(1)
    const acks = await collect(routing.put(key, value))
    checkAcks(acks)
    check(stored(acks) > 0, 'no peer has stored the record')
    const answers = await collect(routing.get(key))
    checkAnswers(answers)
    check(valuesOf(answers).length > 0, 'no peer has answered with the record')
    for (const found of valuesOf(answers)) same(found, value, 'value')
  }),
  must(
    'get/miss',
    'ends without a value, and without an error, when no peer has the record',
    async ({ open, factory }) => {
      const routing = await open()
      const answers = await collect(routing.get(factory.record(2).key))
      checkAnswers(answers)
      same(valuesOf(answers), [], 'values')
    }
  ),
  must('keys/apart', 'keeps keys apart', async ({ open, factory }) => {
    const routing = await open()
    const [one, two] = [factory.record(1), factory.record(2)]
    await collect(routing.put(one.key, one.value))
    same(valuesOf(await collect(routing.get(two.key))), [], 'values under another key')
    await collect(routing.put(two.key, two.value))
    for (const found of valuesOf(await collect(routing.get(one.key))))
      same(found, one.value, 'value under the first key')
  }),
  must('get/early', 'can be left early, repeatedly', async ({ open, factory }) => {
    const routing = await open()
    const { key, value } = factory.record(1)
    await collect(routing.put(key, value))
    for (let round = 0; round < 5; round++) {
      for await (const _ of routing.get(key)) break
    }
    check(valuesOf(await collect(routing.get(key))).length > 0, 'no peer answers after reads that ended early')
  }),
  must('abort/before', "rejects with the signal's own reason before anything is done", async ({ open, factory }) => {
    const routing = await open()
    const { key, value } = factory.record(1)
    const reason = new Error('aborted')
    const signal = AbortSignal.abort(reason)
    await rejectsWith(() => collect(routing.get(key, { signal })), reason, 'get')
    await rejectsWith(() => collect(routing.put(key, value, { signal })), reason, 'put')
    same(valuesOf(await collect(routing.get(key))), [], 'values after an aborted put')
  }),
  must(
    'bytes/copies',
    'is unaffected when the caller changes its bytes or returned bytes',
    async ({ open, factory }) => {
      const routing = await open()
      const { key, value } = factory.record(1)
      const given = value.slice()
      await collect(routing.put(key, given))
      given.fill(0xee)
      for (const answer of valuesOf(await collect(routing.get(key)))) answer.fill(0xee)
      for (const found of valuesOf(await collect(routing.get(key)))) same(found, value, 'value')
    }
  ),
  must(
    'alone/no-peers',
    'rejects with NO_PEERS when it has no peers to ask',
    async ({ openAlone, factory }) => {
      const routing = await openAlone()
      const { key, value } = factory.record(1)
      await rejects(() => collect(routing.get(key)), 'NO_PEERS', 'get')
      await rejects(() => collect(routing.put(key, value)), 'NO_PEERS', 'put')
    },
    ['alone']
  ),
  must(
    'put/to',
    'puts a value to exactly the given peer',
    async ({ open, factory }) => {
      const routing = await open()
      const { key, value } = factory.record(1)
      const first = (await collect(routing.put(key, value))).find(({ status }) => status === 'stored')
      check(first !== undefined, 'no peer has stored the record')
      const ack = await routing.putToPeer?.(first.from, key, value)
      same(ack?.from, first.from, 'the acknowledging peer')
      same(ack?.status, 'stored', 'status')
    },
    ['putToPeer']
  ),
  must(
    'get/from',
    'gets a value from a single peer, and none of a key that the peer does not have',
    async ({ open, factory }) => {
      const routing = await open()
      const { key, value } = factory.record(1)
      const first = (await collect(routing.put(key, value))).find(({ status }) => status === 'stored')
      check(first !== undefined, 'no peer has stored the record')
      same(await routing.getFromPeer?.(first.from, key), { from: first.from, value }, 'answer of the peer')
      const other = await routing.getFromPeer?.(first.from, factory.record(2).key)
      same(other, { from: first.from }, 'answer of the peer for another key')
    },
    ['getFromPeer']
  ),
  must(
    'providers/found',
    'finds the providers of a multihash, and none for another multihash',
    async ({ open }) => {
      const routing = await open()
      const multihash = (last: number): Uint8Array => Uint8Array.of(0x12, 0x20, ...new Uint8Array(31), last)
      checkAcks(await collect(routing.provide?.(multihash(1)) ?? none()))
      const found = await collect(routing.findProviders?.(multihash(1)) ?? none())
      check(found.length > 0, 'no provider was found')
      for (const { id } of found)
        check(id instanceof Uint8Array && id.length > 0, `a provider is ${show(id)}; expected a peer ID`)
      same(await collect(routing.findProviders?.(multihash(2)) ?? none()), [], 'providers of another multihash')
    },
    ['providers']
  )
])()

async function* none(): AsyncGenerator<never> {}
