import { decodeSignedRecord, decodeUnverifiedEnvelope, joinRecordKey, parsePeerId } from '@recordkit/record-codec'
import { openEnvelope } from '@recordkit/record-crypto'
import { isRecordError, isRefusal } from '@recordkit/record-types'
import { ipns, ownerInKey, peerRecords, selectRecord, signed, ValidationEngine } from '@recordkit/record-validators'
import { fromHex, toHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import envelopes from '@recordkit/vectors/recordkit/envelope.json' with { type: 'json' }
import peers from '@recordkit/vectors/recordkit/peer-record.json' with { type: 'json' }
import selection from '@recordkit/vectors/recordkit/selection.json' with { type: 'json' }
import signedRecords from '@recordkit/vectors/recordkit/signed-record.json' with { type: 'json' }

const engine = new ValidationEngine([ipns(), peerRecords(), signed('config', { authors: ownerInKey() })], {
  clock: () => BigInt(signedRecords.nowNanoseconds)
})

describe('the vectors of signed-record.json', () => {
  const key = fromHex(signedRecords.keyHex)
  for (const { id, valueHex, expect: expected, code, orderHex, fields } of signedRecords.cases as {
    id: string
    valueHex: string
    expect: string
    code?: string
    orderHex?: string
    fields?: { contentHex: string; sequence: string; issued: string; expires: string; ttl: string; revoked: boolean }
  }[]) {
    test(`the vector ${id} is validated with ${code ?? expected}`, async () => {
      const value = fromHex(valueHex)
      const result = await engine.validate(key, value)
      expect(result.status).toBe(expected === 'reject' && code !== 'SIGNATURE_INVALID' ? 'ignore' : expected)
      if (code !== undefined) expect(result).toMatchObject({ code })
      if (fields === undefined || isRefusal(result)) return
      expect(toHex(result.order)).toBe(orderHex)
      const record = decodeSignedRecord(decodeUnverifiedEnvelope(value).payload)
      const { sequence, issued, expires, ttl, revoked } = record
      expect({
        contentHex: toHex(record.content),
        sequence: `${sequence}`,
        issued: `${issued}`,
        expires: `${expires}`,
        ttl: `${ttl}`,
        revoked
      }).toEqual(fields)
    })
  }
})

describe('the vectors of envelope.json', () => {
  for (const { id, envelopeHex, expect: expected, domain, payloadTypeHex } of envelopes.cases) {
    test(`the vector ${id} is opened with ${expected}`, async () => {
      const opening = openEnvelope(fromHex(envelopeHex), {
        domain: domain ?? envelopes.domain,
        payloadType: fromHex(payloadTypeHex ?? envelopes.payloadTypeHex)
      })
      if (expected === 'ok') expect(toHex((await opening).content)).toBe(envelopes.payloadHex)
      else expect(await opening.catch((error: unknown) => isRecordError(error) && error.code)).toBe(expected)
    })
  }
})

test('the vectors of peer-record.json are accepted and ordered by seq, or refused with their codes', async () => {
  const key = joinRecordKey('peer', parsePeerId(peers.keys.owner.peerId))
  const values = peers.records.map(({ envelopeHex }) => fromHex(envelopeHex))
  for (const value of values) expect(await engine.validate(key, value)).toMatchObject({ status: 'accept' })
  expect(selectRecord(engine, key, values).ranked.map(({ index }) => index)).toEqual(
    values.map((_, index) => values.length - 1 - index)
  )
  for (const { envelopeHex, code } of peers.refused)
    expect(await engine.validate(key, fromHex(envelopeHex))).toMatchObject({
      status: code === 'SIGNATURE_INVALID' ? 'reject' : 'ignore',
      code
    })
})

describe('the vectors of selection.json', () => {
  for (const { id, keyHex, valuesHex } of selection.cases) {
    test(`the values of ${id} are selected in the expected order`, async () => {
      const key = fromHex(keyHex)
      const values = valuesHex.map(fromHex)
      for (const value of values) expect(await engine.validate(key, value)).toMatchObject({ status: 'accept' })
      const { ranked } = selectRecord(engine, key, values.toReversed())
      expect(ranked.map(({ index }) => toHex(values.toReversed()[index] as Uint8Array))).toEqual(valuesHex.toReversed())
    })
  }
})
