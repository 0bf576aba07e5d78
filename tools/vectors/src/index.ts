// Writes vectors/recordkit/{signed-record,envelope,peer-record,selection,evidence,stopping-rule}.json from fixed seeds. Ed25519
// signatures are deterministic, so running it again changes nothing.
import {
  encodeEnvelope,
  encodePeerRecord,
  encodeSignedRecord,
  envelopeSigningInput,
  ipnsNameToString,
  ipnsRoutingKey,
  joinRecordKey,
  peerIdToString,
  peerRecordDomain,
  peerRecordPayloadType,
  signedRecordDomain,
  signedRecordPayloadType,
  signedRecordOrder
} from '@recordkit/record-codec'
import type { SignedRecord } from '@recordkit/record-codec'
import {
  keyPairFromSeed,
  sealEnvelope,
  sealPeerRecord,
  sealSignedRecord,
  createIpnsRecord
} from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { hour, minute, second } from '@recordkit/testing'
import { evidenceCases } from './evidence.ts'
import { stoppingRuleCases } from './stopping-rule.ts'
import { hex, write } from './write.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const now = 1_790_000_000_000_000_000n

const [owner, other] = (await Promise.all(
  [0x51, 0x52].map((byte) => keyPairFromSeed(new Uint8Array(32).fill(byte)))
)) as [KeyPair, KeyPair]
const keys = Object.fromEntries(
  [
    ['owner', owner, '51'],
    ['other', other, '52']
  ].map(([name, pair, byte]) => [
    name as string,
    {
      seedHex: (byte as string).repeat(32),
      peerId: peerIdToString((pair as KeyPair).peerId),
      name: ipnsNameToString((pair as KeyPair).peerId)
    }
  ])
)

const key = joinRecordKey('config', `${ipnsNameToString(owner.peerId)}/app`)
const base: SignedRecord = {
  key,
  content: text('green'),
  sequence: 1n,
  issued: now,
  expires: now + hour,
  ttl: 0n,
  revoked: false
}
const sealed = (fields: Partial<SignedRecord> = {}, signer = owner): Promise<Uint8Array> =>
  sealSignedRecord({ ...base, ...fields }, { signer, now: 0n })

/** An envelope with any payload, correctly signed for any domain. */
async function envelopeOf(
  payload: Uint8Array,
  domain = signedRecordDomain,
  payloadType = signedRecordPayloadType
): Promise<Uint8Array> {
  return sealEnvelope({ domain, payloadType, payload }, { signer: owner })
}

const good = await sealed()
const payload = encodeSignedRecord(base)
const flipped = good.slice()
flipped[flipped.length - 1] = (flipped[flipped.length - 1] as number) ^ 1
const unknownField = Uint8Array.from([...payload, 0x40, 0x01])
const withoutKey = payload.slice(2 + key.length)
const backwards = Uint8Array.from([...payload.slice(2 + key.length), ...payload.slice(0, 2 + key.length)])

const signedCases = [
  { id: 'ok', value: good, expect: 'accept', fields: base },
  { id: 'ok-ttl', value: await sealed({ ttl: 5n * minute }), expect: 'accept', fields: { ...base, ttl: 5n * minute } },
  {
    id: 'ok-empty-value',
    value: await sealed({ content: text('') }),
    expect: 'accept',
    fields: { ...base, content: text('') }
  },
  {
    id: 'ok-highest-sequence',
    value: await sealed({ sequence: (1n << 64n) - 1n }),
    expect: 'accept',
    fields: { ...base, sequence: (1n << 64n) - 1n }
  },
  { id: 'ok-last-instant', value: await sealed({ issued: now - hour, expires: now }), expect: 'accept' },
  { id: 'ok-within-skew', value: await sealed({ issued: now + 5n * minute }), expect: 'accept' },
  {
    id: 'ok-revoked',
    value: await sealed({ revoked: true, content: text('') }),
    expect: 'accept',
    fields: { ...base, revoked: true, content: text('') }
  },
  {
    id: 'ok-revoked-past-expires',
    value: await sealed({ revoked: true, content: text(''), issued: now - hour, expires: now - 1n }),
    expect: 'accept',
    fields: { ...base, revoked: true, content: text(''), issued: now - hour, expires: now - 1n }
  },
  { id: 'expired', value: await sealed({ issued: now - hour, expires: now - 1n }), expect: 'ignore', code: 'EXPIRED' },
  {
    id: 'from-the-future',
    value: await sealed({ issued: now + 5n * minute + 1n }),
    expect: 'ignore',
    code: 'ISSUED_IN_FUTURE'
  },
  { id: 'signed-by-another', value: await sealed({}, other), expect: 'reject', code: 'AUTHOR_FORBIDDEN' },
  {
    id: 'signed-for-another-key',
    value: await sealed({ key: joinRecordKey('config', `${ipnsNameToString(owner.peerId)}/other`) }),
    expect: 'reject',
    code: 'KEY_MISMATCH'
  },
  { id: 'forged', value: flipped, expect: 'reject', code: 'SIGNATURE_INVALID' },
  {
    id: 'other-domain',
    value: await envelopeOf(payload, 'libp2p-peer-record'),
    expect: 'reject',
    code: 'SIGNATURE_INVALID'
  },
  {
    id: 'other-payload-type',
    value: await envelopeOf(payload, signedRecordDomain, peerRecordPayloadType),
    expect: 'reject',
    code: 'ENVELOPE_PAYLOAD_TYPE'
  },
  {
    id: 'payload-with-unknown-field',
    value: await envelopeOf(unknownField),
    expect: 'reject',
    code: 'SIGNED_RECORD_INVALID'
  },
  {
    id: 'payload-fields-out-of-order',
    value: await envelopeOf(backwards),
    expect: 'reject',
    code: 'SIGNED_RECORD_INVALID'
  },
  { id: 'payload-without-key', value: await envelopeOf(withoutKey), expect: 'reject', code: 'SIGNED_RECORD_INVALID' },
  { id: 'payload-empty', value: await envelopeOf(new Uint8Array(0)), expect: 'reject', code: 'SIGNED_RECORD_INVALID' },
  {
    id: 'expires-when-issued',
    value: await envelopeOf(expiringWhenIssued()),
    expect: 'reject',
    code: 'SIGNED_RECORD_INVALID'
  },
  {
    id: 'revocation-with-value',
    value: await envelopeOf(Uint8Array.from([...payload, 0x38, 0x01])),
    expect: 'reject',
    code: 'SIGNED_RECORD_INVALID'
  },
  {
    id: 'envelope-with-unknown-field',
    value: Uint8Array.from([...good, 0x30, 0x01]),
    expect: 'accept'
  },
  { id: 'envelope-truncated', value: good.slice(0, -1), expect: 'reject', code: 'PROTOBUF_TRUNCATED' },
  { id: 'empty', value: new Uint8Array(0), expect: 'reject', code: 'ENVELOPE_INVALID' }
] as const

/** A payload whose `expires` is a copy of `issued`. */
function expiringWhenIssued(): Uint8Array {
  const both = encodeSignedRecord({ ...base, expires: base.issued + second })
  const issuedAt = both.indexOf(0x20, 2 + key.length)
  const issued = both.slice(issuedAt + 1, issuedAt + 10)
  const copy = both.slice()
  copy.set(issued, issuedAt + 11)
  return copy
}

write('signed-record', {
  about:
    'Signed records (docs/spec/signed-record.md) judged at "now" in a namespace whose keys name their owner. "code" is the refusal; another implementation may name it otherwise. "orderHex" orders accepted ones.',
  keys,
  nowNanoseconds: now,
  keyHex: hex(key),
  domain: signedRecordDomain,
  payloadTypeHex: hex(signedRecordPayloadType),
  cases: signedCases.map(({ id, value, expect, ...rest }) => {
    const fields = 'fields' in rest ? rest.fields : undefined
    return {
      id,
      valueHex: hex(value),
      expect,
      ...('code' in rest ? { code: rest.code } : {}),
      ...(fields === undefined
        ? {}
        : {
            orderHex: hex(signedRecordOrder(fields)),
            fields: { ...fields, key: undefined, content: undefined, contentHex: hex(fields.content) }
          })
    }
  })
})

const envelopePayload = text('payload')
const type = text('/recordkit/test')
const input = envelopeSigningInput('a-domain', type, envelopePayload)
const signature = await owner.sign(input)
const envelope = encodeEnvelope({ publicKey: owner.publicKey, payloadType: type, payload: envelopePayload, signature })
const keyField = envelope.slice(0, 2 + 36)
const envelopes = [
  { id: 'ok', bytes: envelope, expect: 'ok' },
  {
    id: 'unknown-field',
    bytes: Uint8Array.from([...envelope, 0x30, 0x01]),
    expect: 'ok',
    note: 'the envelope around the payload is read leniently: unknown fields are skipped'
  },
  { id: 'other-domain', bytes: envelope, domain: 'b-domain', expect: 'SIGNATURE_INVALID' },
  {
    id: 'other-payload-type',
    bytes: envelope,
    payloadTypeHex: hex(text('/recordkit/other')),
    expect: 'ENVELOPE_PAYLOAD_TYPE'
  },
  { id: 'payload-twice', bytes: Uint8Array.from([...envelope, 0x1a, 0x01, 0x78]), expect: 'SIGNATURE_INVALID' },
  {
    id: 'key-twice',
    bytes: Uint8Array.from([...keyField, ...envelope]),
    expect: 'ok',
    note: 'the last of a repeated field counts'
  },
  { id: 'without-key', bytes: envelope.slice(2 + 36), expect: 'ENVELOPE_INVALID' },
  {
    id: 'key-not-canonical',
    bytes: Uint8Array.from([0x0a, 0x24, 0x12, 0x20, ...owner.publicKey.data, 0x08, 0x01, ...envelope.slice(2 + 36)]),
    expect: 'ok',
    note: 'a key in unsigned bytes may have another encoding; its peer ID is that of the canonical one'
  },
  {
    id: 'signature-empty',
    bytes: encodeEnvelope({
      publicKey: owner.publicKey,
      payloadType: type,
      payload: envelopePayload,
      signature: new Uint8Array(0)
    }),
    expect: 'SIGNATURE_INVALID'
  },
  {
    id: 'signature-of-another',
    bytes: encodeEnvelope({ publicKey: other.publicKey, payloadType: type, payload: envelopePayload, signature }),
    expect: 'SIGNATURE_INVALID'
  },
  { id: 'truncated', bytes: envelope.slice(0, -1), expect: 'PROTOBUF_TRUNCATED' },
  { id: 'empty', bytes: new Uint8Array(0), expect: 'ENVELOPE_INVALID' }
]
write('envelope', {
  about: 'RFC 0002 envelopes, opened for "domain" and "payloadTypeHex" unless a case says otherwise.',
  keys,
  domain: 'a-domain',
  payloadTypeHex: hex(type),
  signingInputHex: hex(input),
  payloadHex: hex(envelopePayload),
  cases: envelopes.map(({ bytes, ...rest }) => ({ ...rest, envelopeHex: hex(bytes) }))
})

const address = Uint8Array.of(4, 127, 0, 0, 1, 6, 0x0f, 0xa1)
const peer = (sequence: bigint): Promise<Uint8Array> =>
  sealPeerRecord({ peerId: owner.peerId, sequence, addresses: [address] }, { signer: owner })
const foreign = await sealEnvelope(
  {
    domain: peerRecordDomain,
    payloadType: peerRecordPayloadType,
    payload: encodePeerRecord({ peerId: owner.peerId, sequence: 9n, addresses: [address] })
  },
  { signer: other }
)
const sequences = [1n, 1_790_000_000n, 1_790_000_000_000n, 1_790_000_000_000_000_000n, (1n << 64n) - 1n]
write('peer-record', {
  about:
    'Signed peer records (RFC 0003). "seq" is compared and never read as a time: these count in 1, s, ms, ns and to the end. Listed worst first.',
  keys,
  records: await Promise.all(
    sequences.map(async (sequence) => ({ seq: sequence, envelopeHex: hex(await peer(sequence)) }))
  ),
  refused: [{ id: 'signed-by-another-peer', envelopeHex: hex(foreign), code: 'SIGNER_MISMATCH' }]
})

const name = ipnsRoutingKey(owner.peerId)
const ipns = (sequence: bigint, validity: bigint, value: string, v1Compatible = true): Promise<Uint8Array> =>
  createIpnsRecord({ value, sequence, validity, ttl: minute }, { signer: owner, v1Compatible, now: 0n })
const ipnsOrder = await Promise.all([
  ipns(0n, now + hour, '/ipfs/bafkqaaa'),
  ipns(1n, now + hour, '/ipfs/bafkqaaa', false),
  ipns(1n, now + hour, '/ipfs/bafkqaaa'),
  ipns(1n, now + hour + 1n, '/ipfs/bafkqaaa'),
  ipns(255n, now + hour, '/ipfs/bafkqaaa'),
  ipns(256n, now + hour, '/ipfs/bafkqaaa'),
  ipns((1n << 63n) - 1n, now + hour, '/ipfs/bafkqaaa')
])
// at equal sequence and validity the larger bytes win
ipnsOrder.splice(1, 2, ...[ipnsOrder[1], ipnsOrder[2]].sort(Buffer.compare))
const signedOrder = await Promise.all([
  sealed({ sequence: 0n }),
  sealed({ sequence: 1n, content: text('a') }),
  sealed({ sequence: 1n, content: text('b') }),
  sealed({ sequence: 1n, expires: now + hour + 1n }),
  sealed({ sequence: (1n << 64n) - 1n }),
  sealed({ sequence: 0n, revoked: true, content: text('') })
])
signedOrder.splice(1, 2, ...[signedOrder[1], signedOrder[2]].sort(Buffer.compare))
write('selection', {
  about:
    'Valid records under one key, worst first; the order does not depend on the order in which they arrive. Ties of every rank are in it.',
  keys,
  cases: [
    { id: 'ipns', keyHex: hex(name), valuesHex: ipnsOrder.map(hex) },
    { id: 'signed', keyHex: hex(key), valuesHex: signedOrder.map(hex) }
  ]
})

write('evidence', {
  about:
    'Pairs of values under one key, judged as evidence (docs/spec/evidence.md). "expect" is whether they prove that an author signed two contents under one sequence, in an implementation with IPNS names and with signed records under /config/<owner>/… that only their owner may write. Its clock shows "now".',
  keys,
  nowNanoseconds: now,
  cases: await evidenceCases(owner, other, now)
})

write('stopping-rule', {
  about:
    'Look-ups as events in order, with what the stopping rule (docs/spec/stopping-rule.md) decides between them. A peer is named by its distance from the key. "at" is the time in ms. "asks": a path asks peers. "answers": a peer answers on a path and names others. "fails": a peer could not be asked, or did not answer. "ends": a path has no more peers to ask. "status" is the decision at that time, and "overdue" the peers whose streams are closed, in any order.',
  cases: stoppingRuleCases()
})
