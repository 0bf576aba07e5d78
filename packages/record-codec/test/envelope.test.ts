import { files, fromHex, toHex } from '@recordkit/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodePeerRecord,
  decodeUnverifiedEnvelope,
  encodeEnvelope,
  encodePeerRecord,
  encodePublicKey,
  envelopeSigningInput,
  peerIdFromInlineKey,
  peerIdToString,
  peerRecordDomain,
  peerRecordPayloadType
} from '@recordkit/record-codec'
import signed from '@recordkit/vectors/envelope/signed-peer-record-vectors.json' with { type: 'json' }
import rules from '@recordkit/vectors/rules/envelope-cases.json' with { type: 'json' }
import { bytes, publicKey } from './arbitraries.ts'
import { codeOf } from './errors.ts'

const made = files(
  import.meta.glob<string>('../../../vectors/rules/envelope/*.bin', { query: '?hex', import: 'default', eager: true }),
  2
)

const sha256 = async (input: Uint8Array): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', input as Uint8Array<ArrayBuffer>)))

describe.each(signed.vectors)('the envelope sealed by $id', ({ envelopeHex, derived }) => {
  const envelope = decodeUnverifiedEnvelope(fromHex(envelopeHex))

  test('is decoded, and encoded to the same bytes', () => {
    expect(toHex(envelope.publicKeyBytes)).toBe(derived.publicKeyProtobufHex)
    expect(toHex(envelope.payloadType)).toBe(derived.payloadTypeHex)
    expect(toHex(envelope.payload)).toBe(derived.payloadHex)
    expect(toHex(envelope.signature)).toBe(derived.signatureHex)
    expect(toHex(envelope.value)).toBe(envelopeHex)
    expect(toHex(encodeEnvelope(envelope))).toBe(envelopeHex)
  })

  test('has the specified signing input', () => {
    const { payloadType, payload } = envelope
    expect(derived.domain).toBe(peerRecordDomain)
    expect(payloadType).toEqual(peerRecordPayloadType)
    expect(toHex(envelopeSigningInput(peerRecordDomain, payloadType, payload))).toBe(derived.signingBufferHex)
  })

  test('contains a peer record', () => {
    const record = decodePeerRecord(envelope.payload)
    expect(peerIdToString(record.peerId)).toBe(derived.peerRecord.peerId)
    expect(record.peerId).toEqual(peerIdFromInlineKey(encodePublicKey(envelope.publicKey)))
    expect(record.sequence).toBe(BigInt(derived.peerRecord.seq))
    expect(record.addresses.map(toHex)).toEqual(derived.peerRecord.multiaddrsHex)
    expect(encodePeerRecord(record)).toEqual(envelope.payload)
  })
})

test.each(rules.unsigned)(
  'the signing input for $domain, $payloadTypeHex and $payloadLen bytes is as in Go',
  async (vector) => {
    const payload = new Uint8Array(vector.payloadLen).fill(0x78)
    const input = envelopeSigningInput(vector.domain, fromHex(vector.payloadTypeHex), payload)
    expect(toHex(input).startsWith(vector.unsignedPrefixHex)).toBe(true)
    expect(await sha256(input)).toBe(vector.sha256)
  }
)

test.each(rules.cases)(
  'the envelope $id of go-libp2p is decoded as in Go',
  ({ id, file, consumeDomain, unsignedHex, signer, expect: expected }) => {
    const encoded = made.get(file)!
    if (expected === 'protobuf error') {
      expect(codeOf(() => decodeUnverifiedEnvelope(encoded))).toBe('PROTOBUF_TRUNCATED')
      return
    }
    const envelope = decodeUnverifiedEnvelope(encoded)
    // only in the case of the altered payload, another payload was signed
    expect(toHex(envelopeSigningInput(consumeDomain, envelope.payloadType, envelope.payload)) === unsignedHex).toBe(
      id !== 'payload-altered'
    )
    expect(peerIdToString(peerIdFromInlineKey(encodePublicKey(envelope.publicKey))!)).toBe(signer)
  }
)

const parts = fc.record({ publicKey, payloadType: bytes(40), payload: bytes(), signature: bytes(80) })

test('decodeUnverifiedEnvelope accepts every envelope that encodeEnvelope encodes', () => {
  fc.assert(
    fc.property(parts, (fields) => {
      const encoded = encodeEnvelope(fields)
      expect(decodeUnverifiedEnvelope(encoded)).toEqual({
        ...fields,
        publicKeyBytes: encodePublicKey(fields.publicKey),
        value: encoded
      })
    })
  )
})

test.each([
  ['with an unknown field', 'KEY 120161 1a0162 2a0163 3001'],
  ['in another order', '120161 1a0162 2a0163 KEY'],
  ['with field 4', 'KEY 120161 1a0162 2001 2a0163'],
  ['with a field twice', 'KEY 120161 1a0178 1a0162 2a0163'],
  ['with a length in a longer form', 'KEY 120161 1a8100 62 2a0163'],
  ['with a known field of another type', 'KEY 120161 1001 1a0162 2a0163'],
  ['with a group', 'KEY 120161 1a0162 2a0163 3b3c'],
  ['whose key is in another order', '0a24 1220DATA 0801 120161 1a0162 2a0163'],
  ['whose key has an unknown field', '0a26 0801 1220DATA 1801 120161 1a0162 2a0163']
])('an envelope %s is decoded, and encoded in its normal form', (_, pattern) => {
  const data = '8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c'
  const hex = (text: string) => text.replace('KEY', `0a24 0801 1220${data}`).replace('DATA', data).replaceAll(' ', '')
  const envelope = decodeUnverifiedEnvelope(fromHex(hex(pattern)))
  expect(toHex(encodeEnvelope(envelope))).toBe(hex('KEY 120161 1a0162 2a0163'))
  expect(toHex(envelope.publicKeyBytes)).toBe(`08011220${data}`)
})

test('the signing inputs of different domains, types or payloads differ', () => {
  const triple = fc.tuple(fc.string({ maxLength: 4 }), bytes(4), bytes(4))
  fc.assert(
    fc.property(triple, triple, (a, b) => {
      fc.pre(JSON.stringify(a) !== JSON.stringify(b))
      expect(toHex(envelopeSigningInput(...a))).not.toBe(toHex(envelopeSigningInput(...b)))
    })
  )
})

test('decodeUnverifiedEnvelope refuses more than 64 KiB, or more than the limit that is passed', () => {
  expect(codeOf(() => decodeUnverifiedEnvelope(new Uint8Array(65_537)))).toBe('TOO_LARGE')
  expect(codeOf(() => decodeUnverifiedEnvelope(new Uint8Array(9), { limit: 8 }))).toBe('TOO_LARGE')
})
