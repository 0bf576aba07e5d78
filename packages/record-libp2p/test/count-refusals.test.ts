import { FakeTimers } from '@recordkit/record-conformance'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { kadDhtValidation } from '@recordkit/record-libp2p'
import type { RecordReceiver } from '@recordkit/record-libp2p'
import type { ReceiveResult } from '@recordkit/record-manager'
import { joinRecordKey } from '@recordkit/record-codec'
import { anyAuthor, onlyAuthors, signed, ValidationEngine } from '@recordkit/record-validators'
import { PeerScores } from '@recordkit/record-access'
import { describe, expect, test } from 'vitest'
import { countRefusals, countResults } from '../src/count-refusals.ts'
import { InboundLimits } from '../src/inbound-limits.ts'
import { RecordSenders } from '../src/record-senders.ts'

const from = { sender: Uint8Array.of(0, 1, 7), group: Uint8Array.of(4, 203, 0, 113) }
const neighbour = { ...from, sender: Uint8Array.of(0, 1, 8) }
const key = joinRecordKey('config', 'x')

/** The validator of a node on which each validation takes 10 ms. */
async function setUp(authors = anyAuthor()) {
  const { clock } = new FakeTimers()
  const scores = new PeerScores({ clock })
  let time = 0
  const limits = new InboundLimits({ scores, measure: () => (time += 10_000) }, { clock })
  const senders = new RecordSenders(clock)
  const engine = new ValidationEngine([signed('config', { authors })], { clock })
  const answers = new RecordSenders(clock)
  const records = { puts: senders, answers }
  const validate = countRefusals(kadDhtValidation(engine), records, limits).validators['config']
  if (validate === undefined) throw new Error('no validator')
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(3))
  const value = await signed('config', { authors: anyAuthor() }).seal(
    { key, content: Uint8Array.of(1), sequence: 1n },
    { now: clock(), signer }
  )
  const forged = value.slice()
  forged[forged.length - 8] = (forged[forged.length - 8] ?? 0) ^ 1
  return { scores, limits, senders, answers, validate, value, forged }
}

describe('the validators of a node', () => {
  test('count a forgery against the peer that put it, also when that peer resets its stream first', async () => {
    const { scores, limits, senders, validate, forged } = await setUp()
    senders.add(key, forged, from)
    await expect(validate(key, forged)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      details: { status: 'reject', counted: true }
    })
    expect(scores.score(from.sender)).toBe(-10)
    // a forgery that no peer put is an answer to a read
    await expect(validate(key, forged)).rejects.toMatchObject({ details: { status: 'reject' } })
    expect(scores.score(from.sender)).toBe(-10)
    expect(limits.isExhausted(from)).toBe(false)
  })

  test('charge a refused answer to the peer that gave it, without a score', async () => {
    const { scores, limits, answers, validate, forged } = await setUp()
    for (let read = 0; read < 5; read++) {
      expect(limits.isExhausted(from)).toBe(false)
      answers.add(key, forged, from)
      await expect(validate(key, forged)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
    }
    expect(limits.isExhausted(from)).toBe(true)
    expect(limits.isExhausted(neighbour)).toBe(false)
    expect(scores.score(from.sender)).toBe(0)
    expect(limits.isBanned(from.sender)).toBe(false)
  })

  test('do not charge an accepted answer, nor its peer for a later record', async () => {
    const { limits, answers, validate, value } = await setUp()
    answers.add(key, value, from)
    await validate(key, value)
    expect(answers.take(key, value)).toBeUndefined()
    expect(limits.isExhausted(from)).toBe(false)
  })

  test('charge the time of the validation to the peer and its group', async () => {
    const { scores, limits, senders, validate, value } = await setUp(onlyAuthors([]))
    for (let put = 0; put < 5; put++) {
      expect(limits.isExhausted(from)).toBe(false)
      senders.add(key, value, from)
      await expect(validate(key, value)).rejects.toMatchObject({ code: 'AUTHOR_FORBIDDEN' })
    }
    expect(limits.isExhausted(from)).toBe(true)
    expect(limits.isExhausted(neighbour)).toBe(false)
    expect(scores.size).toBe(0)
  })

  test('count nothing for a valid record, whose sender the datastore needs', async () => {
    const { scores, senders, validate, value } = await setUp()
    senders.add(key, value, from)
    await validate(key, value)
    expect(senders.take(key, value)).toMatchObject(from)
    expect(scores.size).toBe(0)
  })
})

/** A manager that gives every record the same result. */
const receiverOf = (result: ReceiveResult): RecordReceiver => ({
  receive: async () => result,
  getForPeers: async () => undefined
})

describe('the results of the manager', () => {
  test('a good record that is refused by its rate, 17,280 times, changes no score', async () => {
    const { scores, limits, value } = await setUp()
    const limited = countResults(receiverOf({ status: 'ignored', code: 'RATE_LIMITED', message: '' }), limits)
    for (let refused = 0; refused < 17_280; refused++) await limited.receive(key, value, from)
    expect(scores.size).toBe(0)
    expect(limits.isBanned(from.sender)).toBe(false)
    await countResults(receiverOf({ status: 'stored' }), limits).receive(key, value, from)
    await countResults(receiverOf({ status: 'rejected', code: 'SIGNATURE_INVALID' }), limits).receive(key, value)
    expect(scores.size).toBe(0)
  })

  test('charge the time of a refusal, such as of a union that is too large, but not the time of the store', async () => {
    const { limits, value } = await setUp()
    const stale = countResults(receiverOf({ status: 'stale', code: 'STALE' }), limits)
    for (let put = 0; put < 5; put++) await stale.receive(key, value, from)
    expect(limits.isExhausted(from)).toBe(false)
    const tooLarge = countResults(receiverOf({ status: 'ignored', code: 'VALUE_TOO_LARGE' }), limits)
    for (let put = 0; put < 5; put++) await tooLarge.receive(key, value, from)
    expect(limits.isExhausted(from)).toBe(true)
    expect(limits.isExhausted(neighbour)).toBe(false)
  })
})
