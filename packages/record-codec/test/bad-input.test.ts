import { files, fromHex } from '@recordkit/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as codec from '@recordkit/record-codec'
import ipns from '@recordkit/vectors/ipns/ipns-spec-vectors.json' with { type: 'json' }
import envelopes from '@recordkit/vectors/envelope/signed-peer-record-vectors.json' with { type: 'json' }
import specKeys from '@recordkit/vectors/peer-ids/peer-id-spec-keys.json' with { type: 'json' }
import { bytes, signedRecord } from './arbitraries.ts'
import { codeOf, utf8 } from './errors.ts'

const records = files(
  import.meta.glob<string>('../../../vectors/record/*.bin', { query: '?hex', import: 'default', eager: true })
)

const envelope = fromHex(envelopes.vectors[1]!.envelopeHex)
const record = fromHex(ipns.vectors.find(({ id }) => id === 'v1-v2')!.recordHex)
const peerId = fromHex(specKeys.vectors[1]!.derived.peerId.multihashHex)
const keys = (field: 'publicKeyProtobufHex' | 'privateKeyProtobufHex'): Uint8Array[] =>
  specKeys.vectors.map((vector) => fromHex(vector[field]))

interface Reader {
  read: (bytes: Uint8Array) => unknown
  /** inputs that it accepts */
  good: readonly Uint8Array[]
  /** accepts truncated input, too */
  lenient?: boolean
}

const readers: [string, Reader][] = Object.entries({
  decodeRecord: { read: codec.decodeRecord, good: [...records.values()], lenient: true },
  decodePublicKey: { read: codec.decodePublicKey, good: keys('publicKeyProtobufHex') },
  decodeUnsignedPublicKey: { read: codec.decodeUnsignedPublicKey, good: keys('publicKeyProtobufHex') },
  decodePrivateKey: { read: codec.decodePrivateKey, good: keys('privateKeyProtobufHex') },
  assertPeerId: { read: codec.assertPeerId, good: [peerId] },
  publicKeyFromPeerId: { read: codec.publicKeyFromPeerId, good: [peerId] },
  peerIdToString: { read: codec.peerIdToString, good: [peerId] },
  ipnsNameToString: { read: codec.ipnsNameToString, good: [peerId] },
  ipnsRoutingKey: { read: codec.ipnsRoutingKey, good: [peerId] },
  ipnsNameFromKey: { read: codec.ipnsNameFromKey, good: [codec.ipnsRoutingKey(peerId)] },
  decodeUnverifiedEnvelope: { read: codec.decodeUnverifiedEnvelope, good: [envelope], lenient: true },
  decodePeerRecord: {
    read: codec.decodePeerRecord,
    good: [codec.decodeUnverifiedEnvelope(envelope).payload],
    lenient: true
  },
  decodeSignedRecord: {
    read: codec.decodeSignedRecord,
    good: fc.sample(signedRecord, 3).map(codec.encodeSignedRecord),
    lenient: true
  },
  decodeIpnsRecord: { read: codec.decodeIpnsRecord, good: [record] },
  decodeProviderAddresses: {
    read: codec.decodeProviderAddresses,
    good: [codec.encodeProviderAddresses([utf8('a'), utf8('bc')])],
    lenient: true
  },
  decodeCbor: { read: codec.decodeCbor, good: [codec.decodeIpnsRecord(record).data] },
  decodeUvarint: { read: (input: Uint8Array) => codec.decodeUvarint(input), good: [fromHex('808001')] },
  parseTime: { read: codec.parseTime, good: [utf8('2023-11-14T22:13:20.5Z')] },
  splitRecordKey: { read: codec.splitRecordKey, good: [utf8('/a/b')], lenient: true },
  splitProviderKey: { read: codec.splitProviderKey, good: [codec.providerKey(utf8('hash'), peerId)] }
} satisfies Record<string, Reader>)

describe.each(readers)('%s', (_, { read, good, lenient }) => {
  test('accepts valid input', () => {
    for (const input of good) expect(codeOf(() => read(input))).toBe('ok')
  })

  test('returns a value or throws a RecordError for any bytes', () => {
    fc.assert(
      fc.property(bytes(200), (input) => {
        codeOf(() => read(input))
      }),
      { numRuns: 500 }
    )
  })

  test('returns a value or throws a RecordError for damaged bytes', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.boolean()), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.constantFrom(...good), damage, (input, places) => {
        let damaged = input.slice()
        for (const [place, byte, inserted] of places) {
          const index = place % damaged.length
          if (inserted) damaged = Uint8Array.of(...damaged.subarray(0, index), byte, ...damaged.subarray(index))
          else damaged[index] = byte
        }
        codeOf(() => read(damaged))
      }),
      { numRuns: 500 }
    )
  })

  test('returns a value or throws a RecordError for every truncation', () => {
    for (const input of good) {
      for (let length = 0; length < input.length; length++) {
        const code = codeOf(() => read(input.subarray(0, length)))
        if (lenient !== true) expect([length, code]).not.toEqual([length, 'ok'])
      }
    }
  })

  test('returns a value or throws a RecordError for a megabyte', () => {
    for (const byte of [0, 0x0a, 0x2f, 0x31, 0x80, 0x81, 0xff]) {
      codeOf(() => read(new Uint8Array(1 << 20).fill(byte)))
    }
  })

  test('does not change its input', () => {
    for (const input of good) {
      const copy = input.slice()
      codeOf(() => read(copy))
      expect(copy).toEqual(input)
    }
  })

  test.each([undefined, null, 0, 1n, true, 'text', {}, [], [1, 2], new Uint16Array(2), new ArrayBuffer(2)])(
    'throws INVALID_ARGUMENT for %o',
    (input) => {
      const code = codeOf(() => read(input as never))
      // `parseTime` is the only one that accepts text
      expect(code).toBe(input === 'text' && read === codec.parseTime ? 'TIME_INVALID' : 'INVALID_ARGUMENT')
    }
  )
})

describe.each(
  Object.entries({
    parseTime: codec.parseTime,
    parsePeerId: codec.parsePeerId,
    parseIpnsName: codec.parseIpnsName,
    parseRecordKey: codec.parseRecordKey
  })
)('%s', (name, parse) => {
  test('returns a value or throws a RecordError for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme', maxLength: 200 })), (text) => {
        codeOf(() => parse(text))
      })
    )
  })

  test('returns without delay for a long text', () => {
    for (const letter of ['1', 'k', 'z', 'Q', '2', '\uD800']) {
      const code = codeOf(() => parse(letter.repeat(5_000_000)))
      if (name !== 'parseRecordKey') expect(code).not.toBe('ok')
    }
  })

  test.each([undefined, null, 0, {}, []])('throws INVALID_ARGUMENT for %o', (input) => {
    expect(codeOf(() => parse(input as never))).toBe('INVALID_ARGUMENT')
  })
})

describe.each(
  Object.entries({
    ipnsSigningInput: codec.ipnsSigningInput,
    ipnsSigningInputV1: (input: Uint8Array) => codec.ipnsSigningInputV1(input, input),
    envelopeSigningInput: (input: Uint8Array) => codec.envelopeSigningInput('domain', input, input),
    envelopeDomain: (input: Uint8Array) =>
      codec.envelopeSigningInput(input as unknown as string, new Uint8Array(0), new Uint8Array(0)),
    peerIdFromDigest: codec.peerIdFromDigest,
    peerIdFromInlineKey: codec.peerIdFromInlineKey,
    encodePublicKey: (input: Uint8Array) => codec.encodePublicKey(input as never),
    encodeEnvelope: (input: Uint8Array) => codec.encodeEnvelope(input as never),
    encodeEnvelopeKey: (input: Uint8Array) =>
      codec.encodeEnvelope({
        publicKey: input as never,
        payload: utf8(''),
        payloadType: utf8(''),
        signature: utf8('')
      }),
    encodePeerRecord: (input: Uint8Array) => codec.encodePeerRecord(input as never),
    encodeSignedRecord: (input: Uint8Array) => codec.encodeSignedRecord(input as never),
    encodeIpnsRecord: (input: Uint8Array) => codec.encodeIpnsRecord({ data: input, signatureV2: input }),
    encodeIpnsRecordParts: (input: Uint8Array) => codec.encodeIpnsRecord(input as never),
    encodeIpnsData: (input: Uint8Array) => codec.encodeIpnsData(input as never),
    ipnsOrder: (input: Uint8Array) => codec.ipnsOrder(input as never),
    signedRecordOrder: (input: Uint8Array) => codec.signedRecordOrder(input as never),
    encodeRecord: (input: Uint8Array) => codec.encodeRecord(input as never),
    encodeRecordInto: (input: Uint8Array) => codec.encodeRecord({ key: utf8('k'), value: utf8('v') }, input),
    joinRecordKey: (input: Uint8Array) => codec.joinRecordKey('a', input),
    providerKey: (input: Uint8Array) => codec.providerKey(input, peerId)
  })
)('%s', (name, make) => {
  test.each([undefined, null, 0, 1n, true, {}, [1], new Uint16Array(2)])('throws a RecordError for %o', (input) => {
    // `into` is optional
    if (name === 'encodeRecordInto' && input === undefined) return
    expect(['INVALID_ARGUMENT', 'KEY_TYPE_UNKNOWN']).toContain(codeOf(() => make(input as never)))
  })
})

describe('the limit of a decoder', () => {
  const decoders = [
    codec.decodeRecord,
    codec.decodeUnverifiedEnvelope,
    codec.decodePeerRecord,
    codec.decodeSignedRecord,
    codec.decodeIpnsRecord,
    codec.decodeProviderAddresses
  ]
  test.each([Number.NaN, Infinity, -1, 0.5, '5', 5n])('is named when it is %s', (limit) => {
    for (const decode of decoders) {
      expect(() => decode(new Uint8Array(0), { limit: limit as number })).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringMatching(/^limit is .+; a whole number of at least 0 is expected$/) as unknown
        })
      )
    }
  })

  test('may be 0', () => {
    expect(codec.decodeRecord(new Uint8Array(0), { limit: 0 }).key).toHaveLength(0)
    expect(codeOf(() => codec.decodeRecord(new Uint8Array(1), { limit: 0 }))).toBe('TOO_LARGE')
  })
})
