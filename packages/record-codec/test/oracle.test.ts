import type { PrivateKey } from '@recordkit/record-types'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeIpnsRecord,
  decodePeerRecord,
  decodePrivateKey,
  decodeProviderAddresses,
  decodePublicKey,
  decodeRecord,
  decodeSignedRecord,
  decodeUnverifiedEnvelope,
  encodeEnvelope,
  encodeIpnsData,
  encodeIpnsRecord,
  encodePeerRecord,
  encodePrivateKey,
  encodeProviderAddresses,
  encodePublicKey,
  encodeRecord,
  encodeSignedRecord,
  formatTime,
  parseTime
} from '@recordkit/record-codec'
import { readFields } from '@recordkit/record-codec/protobuf'
import { bytes, filledBytes, ipnsValue, peerId, publicKey, signedRecord, time, unsigned } from './arbitraries.ts'
import { codeOf, utf8 } from './errors.ts'
import { Envelope } from './generated/envelope.ts'
import { IpnsEntry } from './generated/ipns.ts'
import { PrivateKey as PrivateKeyMessage, PublicKey as PublicKeyMessage } from './generated/keys.ts'
import { PeerRecord } from './generated/peer-record.ts'
import { ProviderAddresses } from './generated/provider-addresses.ts'
import { Record } from './generated/record.ts'
import { SignedRecord } from './generated/signed-record.ts'

/** Tags of the messages that are read leniently. */
const lenientTags: { readonly [name: string]: readonly number[] | undefined } = {
  Record: [10, 18, 42, 5330, 6216],
  Envelope: [10, 18, 26, 42],
  IpnsEntry: [10, 18, 24, 34, 40, 48, 58, 66, 74]
}

/**
 * Tests one message against the codec that protons compiled from its schema.
 *
 * @param toOracle - returns one of our values as the compiled codec represents it
 */
function compareWithOracle<Ours>(
  name: string,
  values: fc.Arbitrary<Ours>,
  encode: (value: Ours) => Uint8Array,
  decode: (encoded: Uint8Array) => Ours,
  // its types differ from ours in enums and in the buffers of bytes
  oracle: { encode(value: never): Uint8Array; decode(encoded: Uint8Array): object },
  toOracle: (value: Ours) => object
): void {
  describe(name, () => {
    test('is encoded as the compiled codec does, and decoded by it', () => {
      fc.assert(
        fc.property(values, (value) => {
          const encoded = encode(value)
          expect(encoded).toEqual(plain(oracle.encode(toOracle(value) as never)))
          expect(oracle.decode(encoded)).toEqual(toOracle(value))
        })
      )
    })

    test('is decoded when the compiled codec encoded it', () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(decode(plain(oracle.encode(toOracle(value) as never)))).toEqual(value)
        })
      )
    })

    test('is refused, or decoded to the same message as by the compiled codec, when bytes are damaged', () => {
      const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 })
      fc.assert(
        fc.property(values, changes, (value, places) => {
          const changed = encode(value).slice()
          for (const [place, byte] of places) changed[place % changed.length] = byte
          // the compiled codec reads a known field of another wire type, where other implementations skip it
          if (
            lenientTags[name] !== undefined &&
            codeOf(() => readFields(changed, 65_536, name, lenientTags[name] ?? [])) !== 'ok'
          )
            return
          if (codeOf(() => decode(changed)) === 'ok') {
            expect(oracle.decode(changed)).toEqual(toOracle(decode(changed)))
          }
        }),
        { numRuns: 1000 }
      )
    })
  })
}

/**
 * Whether the compiled codec encodes a message correctly. protons-runtime 7.1.2 encodes a uint64 from 2^31 to 2^32 - 1
 * wrongly (3000000000 as `00 e9 04 89 01`), but decodes it correctly.
 */
function isWritable(message: object): boolean {
  return Object.values(message).every((field) => typeof field !== 'bigint' || field < 1n << 31n || field >= 1n << 32n)
}

function plain(encoded: Uint8Array): Uint8Array {
  return new Uint8Array(encoded)
}

compareWithOracle(
  'Record',
  fc
    .record(
      { key: filledBytes(), value: bytes(), timeReceived: time, publisher: bytes(60), ttl: unsigned(32).map(Number) },
      { requiredKeys: ['key', 'value'] }
    )
    .map((fields) => ({ ...fields })),
  encodeRecord,
  decodeRecord,
  {
    encode: Record.encode,
    decode(encoded) {
      const record = Record.decode(encoded)
      // an instant has several texts; time.test.ts tests that each is parsed to the right one
      return { ...record, timeReceived: record.timeReceived === '' ? '' : formatTime(parseTime(record.timeReceived)) }
    }
  },
  ({ timeReceived, ...rest }) => ({ ...rest, timeReceived: timeReceived === undefined ? '' : formatTime(timeReceived) })
)

compareWithOracle('PublicKey', publicKey, encodePublicKey, decodePublicKey, PublicKeyMessage, ({ type, data }) => ({
  Type: type,
  Data: data
}))

compareWithOracle(
  'PrivateKey',
  fc.oneof(
    fc.uint8Array({ minLength: 64, maxLength: 64 }).map((data): PrivateKey => ({ type: 'Ed25519', data })),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((data): PrivateKey => ({ type: 'Secp256k1', data }))
  ),
  encodePrivateKey,
  decodePrivateKey,
  PrivateKeyMessage,
  ({ type, data }) => ({ Type: type, Data: data })
)

compareWithOracle(
  'Envelope',
  fc.record({ publicKey, payloadType: bytes(40), payload: bytes(), signature: bytes(80) }),
  encodeEnvelope,
  (encoded) => {
    const { publicKey, payloadType, payload, signature } = decodeUnverifiedEnvelope(encoded)
    return { publicKey, payloadType, payload, signature }
  },
  Envelope,
  ({ publicKey: { type, data }, ...rest }) => ({ publicKey: { Type: type, Data: data }, ...rest })
)

compareWithOracle(
  'PeerRecord',
  fc
    .record({ peerId, sequence: unsigned(64), addresses: fc.array(filledBytes(40), { maxLength: 8 }) })
    .filter(isWritable),
  encodePeerRecord,
  decodePeerRecord,
  {
    encode: PeerRecord.encode,
    decode(encoded) {
      const record = PeerRecord.decode(encoded)
      return { ...record, addresses: record.addresses.filter(({ multiaddr }) => multiaddr.length > 0) }
    }
  },
  ({ peerId, sequence, addresses }) => ({
    peerId,
    seq: sequence,
    addresses: addresses.map((multiaddr) => ({ multiaddr }))
  })
)

compareWithOracle(
  'SignedRecord',
  signedRecord.filter(isWritable),
  encodeSignedRecord,
  decodeSignedRecord,
  SignedRecord,
  (record) => ({ ...record })
)

compareWithOracle(
  'ProviderAddresses',
  fc.array(filledBytes(60), { minLength: 1, maxLength: 64 }),
  encodeProviderAddresses,
  (encoded) => [...decodeProviderAddresses(encoded)],
  {
    encode: ProviderAddresses.encode,
    decode: (encoded) => ({ addresses: ProviderAddresses.decode(encoded).addresses.filter(({ length }) => length > 0) })
  },
  (addresses) => ({ addresses })
)

test('SignedRecord with a number from 2^31 to 2^32 is decoded by the compiled codec', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n << 31n, max: (1n << 32n) - 1n }), signedRecord, (sequence, record) => {
      expect(SignedRecord.decode(encodeSignedRecord({ ...record, sequence }))).toEqual({ ...record, sequence })
    })
  )
})

describe('IpnsEntry', () => {
  const content = fc.record({ value: ipnsValue, validity: time, sequence: unsigned(63), ttl: unsigned(63) })
  const optional = fc.option(filledBytes(80), { nil: undefined })

  test('is encoded as the compiled codec does, with copies that equal the signed fields', () => {
    fc.assert(
      fc.property(content, filledBytes(80), optional, optional, (fields, signatureV2, signatureV1, publicKey) => {
        const data = encodeIpnsData(fields)
        const encoded = encodeIpnsRecord({
          data,
          signatureV2,
          ...(signatureV1 !== undefined && {
            ...fields,
            signatureV1,
            validityBytes: utf8(formatTime(fields.validity))
          }),
          ...(publicKey !== undefined && { publicKey })
        })
        const entry = {
          data,
          signatureV2,
          ...(publicKey !== undefined && { pubKey: publicKey }),
          ...(signatureV1 !== undefined && {
            signatureV1,
            value: fields.value,
            validityType: IpnsEntry.ValidityType.EOL,
            validity: utf8(formatTime(fields.validity)),
            sequence: fields.sequence,
            ttl: fields.ttl
          })
        }
        expect(IpnsEntry.decode(encoded)).toEqual(entry)
        if (isWritable(entry)) expect(encoded).toEqual(plain(IpnsEntry.encode(entry as never)))
        const { validityBytes, extra, ...record } = decodeIpnsRecord(encoded)
        expect(record).toEqual({
          ...fields,
          data,
          signatureV2,
          ...(signatureV1 !== undefined && { signatureV1 }),
          ...(publicKey !== undefined && { publicKey })
        })
        expect(validityBytes).toEqual(utf8(formatTime(fields.validity)))
        expect(extra).toBe(undefined)
      })
    )
  })
})
