import {
  decodeIpnsRecord,
  decodePeerRecord,
  decodeProviderAddresses,
  decodePublicKey,
  decodeRecord,
  decodeSignedRecord,
  decodeUnsignedPublicKey,
  decodeUnverifiedEnvelope,
  encodeEnvelope,
  encodeIpnsData,
  encodeIpnsRecord,
  encodePeerRecord,
  encodeProviderAddresses,
  encodePublicKey,
  encodeRecord,
  encodeSignedRecord,
  parseTime
} from '@recordkit/record-codec'
import { keyPairFromSeed, sealPeerRecord, sealSignedRecord, createIpnsRecord } from '@recordkit/record-crypto'
import { readBytes, readFields } from '@recordkit/record-codec/protobuf'
import { internal } from '@recordkit/testing/internal'
import type { Compiled } from '../compiled.ts'
import { attempt, codecTarget, same } from '../target.ts'
import type { Target } from '../target.ts'

type Key = { readonly Type?: string; readonly Data?: Uint8Array }
const generated = <Modules>(name: string): Promise<Modules> => internal(`record-codec/test/generated/${name}.ts`)
const { Record } = await generated<{
  Record: Compiled<{ key: Uint8Array; value: Uint8Array; timeReceived: string; publisher?: Uint8Array; ttl?: number }>
}>('record')
const { PublicKey } = await generated<{ PublicKey: Compiled<Key> }>('keys')
const { Envelope } = await generated<{
  Envelope: Compiled<{ publicKey?: Key; payloadType?: Uint8Array; payload?: Uint8Array; signature?: Uint8Array }>
}>('envelope')
const { PeerRecord } = await generated<{
  PeerRecord: Compiled<{ peerId: Uint8Array; seq: bigint; addresses: { multiaddr: Uint8Array }[] }>
}>('peer-record')
const { SignedRecord } = await generated<{ SignedRecord: Compiled<{ key: Uint8Array; content: Uint8Array }> }>(
  'signed-record'
)
const { ProviderAddresses } = await generated<{ ProviderAddresses: Compiled<{ addresses: Uint8Array[] }> }>(
  'provider-addresses'
)
const { IpnsEntry } = await generated<{
  IpnsEntry: Compiled<{ data?: Uint8Array; signatureV2?: Uint8Array; signatureV1?: Uint8Array; pubKey?: Uint8Array }>
}>('ipns')

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
const now = 1_790_000_000_123_456_789n
const signed = {
  key: utf8('/config/x'),
  content: utf8('v'),
  sequence: 3n,
  issued: now,
  expires: now + 1n,
  ttl: 9_000_000n
}
const none = new Uint8Array(0)
const addresses = [Uint8Array.of(4, 127, 0, 0, 1, 6, 15, 161), Uint8Array.of(4, 10, 0, 0, 1)]
const rsa = encodePublicKey({
  type: 'RSA',
  data: new Uint8Array(
    await crypto.subtle.exportKey(
      'spki',
      (
        await crypto.subtle.generateKey(
          { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
          true,
          ['sign', 'verify']
        )
      ).publicKey
    )
  )
})

/** A copy as a plain Uint8Array: the compiled codecs return Node.js buffers. */
const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)
const keyOf = ({ Type, Data }: Key = {}): unknown => ({
  type: Type,
  data: plain(Data ?? none)
})

/**
 * Whether a message that is read leniently has nothing that the compiled codec reads in another way: it reads a known field of
 * another wire type, where other implementations skip it.
 */
const isStrict = (input: Uint8Array, tags: readonly number[]): boolean =>
  attempt(() => readFields(input, input.length, 'message', tags)) !== undefined

export const messageTargets: readonly Target[] = [
  codecTarget(
    'record',
    [
      encodeRecord({ key: utf8('/v/hello'), value: utf8('world'), timeReceived: now }),
      encodeRecord({ key: utf8('k'), value: none, publisher: signer.peerId, ttl: 3600 })
    ],
    {
      decode: decodeRecord,
      encode: encodeRecord,
      oracle(input, value) {
        if (value === undefined || !isStrict(input, [10, 18, 42, 5330, 6216])) return
        const { key, value: bytes, timeReceived, publisher, ttl } = Record.decode(input)
        same(
          'protons',
          {
            ...value,
            key: plain(value.key),
            value: plain(value.value),
            ...(value.publisher && { publisher: plain(value.publisher) })
          },
          {
            key: plain(key),
            value: plain(bytes),
            ...(timeReceived !== '' && { timeReceived: parseTime(timeReceived) }),
            ...(publisher !== undefined && { publisher: plain(publisher) }),
            ...(ttl !== undefined && { ttl })
          }
        )
      }
    }
  ),
  codecTarget('unsigned-public-key', [encodePublicKey(signer.publicKey), rsa], {
    decode: decodeUnsignedPublicKey,
    encode: encodePublicKey,
    project: ({ type, data }) => ({ type, data: plain(data) })
  }),
  codecTarget('public-key', [encodePublicKey(signer.publicKey), rsa], {
    decode: decodePublicKey,
    encode: encodePublicKey,
    oracle(input, value) {
      if (value !== undefined)
        same('protons', { type: value.type, data: plain(value.data) }, keyOf(PublicKey.decode(input)))
    }
  }),
  codecTarget(
    'envelope',
    [
      encodeEnvelope({ publicKey: signer.publicKey, payloadType: utf8('/t'), payload: utf8('p'), signature: utf8('s') })
    ],
    {
      decode: (input) => decodeUnverifiedEnvelope(input),
      encode: encodeEnvelope,
      project: ({ value: _, ...rest }) => rest,
      oracle(input, value) {
        if (value === undefined || !isStrict(input, [10, 18, 26, 42])) return
        // an embedded key in another encoding has no counterpart in the compiled codec
        const embedded = readBytes(readFields(input, input.length, 'envelope', [10]), 0) ?? none
        if (attempt(() => decodePublicKey(embedded)) === undefined) return
        const { publicKey, payloadType, payload, signature } = Envelope.decode(input)
        same(
          'protons',
          [value.payloadType, value.payload, value.signature].map(plain),
          [payloadType, payload, signature].map((part) => plain(part ?? none))
        )
        same('protons', { type: value.publicKey.type, data: plain(value.publicKey.data) }, keyOf(publicKey))
      }
    }
  ),
  codecTarget('peer-record', [encodePeerRecord({ peerId: signer.peerId, sequence: 7n, addresses })], {
    decode: decodePeerRecord,
    encode: encodePeerRecord,
    oracle(input, value) {
      if (value === undefined) return
      const { peerId, seq, addresses: theirs } = PeerRecord.decode(input)
      same(
        'protons',
        [plain(value.peerId), value.sequence, value.addresses.map(plain)],
        [plain(peerId), seq, theirs.map(({ multiaddr }) => plain(multiaddr)).filter(({ length }) => length > 0)]
      )
    }
  }),
  codecTarget(
    'signed-record',
    [
      encodeSignedRecord({ ...signed, revoked: false }),
      encodeSignedRecord({ ...signed, content: none, revoked: true })
    ],
    {
      decode: decodeSignedRecord,
      encode: encodeSignedRecord,
      oracle(input, value) {
        if (value === undefined) return
        const { key, content, ...rest } = SignedRecord.decode(input)
        same(
          'protons',
          { ...value, key: plain(value.key), content: plain(value.content) },
          { ...rest, key: plain(key), content: plain(content) }
        )
      }
    }
  ),
  codecTarget('provider-addresses', [encodeProviderAddresses(addresses)], {
    decode: decodeProviderAddresses,
    encode: encodeProviderAddresses,
    oracle(input, value) {
      if (value === undefined) return
      const { addresses: theirs } = ProviderAddresses.decode(input)
      same(
        'protons',
        value.map(plain),
        theirs.map(plain).filter(({ length }) => length > 0)
      )
    }
  }),
  codecTarget(
    'ipns-record',
    [
      await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 5n, validity: now }, { signer, now: 0n }),
      await createIpnsRecord(
        { value: '/x', sequence: 5n, validity: now, extra: new Map([['e', [1n, 'a', null]]]) },
        { signer, v1Compatible: false, now: 0n }
      ),
      encodeIpnsRecord({
        data: encodeIpnsData({ value: none, validity: now, sequence: 1n }),
        signatureV2: utf8('s'),
        publicKey: rsa
      })
    ],
    {
      decode: decodeIpnsRecord,
      encode: encodeIpnsRecord,
      oracle(input, value) {
        if (value === undefined || !isStrict(input, [10, 18, 24, 34, 40, 48, 58, 66, 74])) return
        const { data, signatureV2, signatureV1, pubKey } = IpnsEntry.decode(input)
        same(
          'protons',
          [value.data, value.signatureV2, value.signatureV1 ?? none, value.publicKey ?? none].map(plain),
          [plain(data ?? none), plain(signatureV2 ?? none), plain(signatureV1 ?? none), plain(pubKey ?? none)]
        )
      }
    }
  ),
  codecTarget('sealed-peer-record', [await sealPeerRecord({ sequence: 7n, addresses }, { signer })], {
    decode: (input) => decodePeerRecord(decodeUnverifiedEnvelope(input).payload)
  }),
  codecTarget('sealed-signed-record', [await sealSignedRecord({ ...signed, revoked: false }, { signer, now: 0n })], {
    decode: (input) => decodeUnverifiedEnvelope(input),
    encode: encodeEnvelope,
    project: ({ value: _, ...rest }) => rest
  })
]
