import {
  decodeIpnsRecord,
  encodePeerRecord,
  ipnsSigningInput,
  ipnsSigningInputV1,
  parseIpnsName,
  peerIdToString,
  peerRecordDomain,
  peerRecordPayloadType,
  publicKeyFromPeerId
} from '@recordkit/record-codec'
import { isRecordError } from '@recordkit/record-types'
import type { PublicKey } from '@recordkit/record-types'
import { files, fromHex, toHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import envelopes from '@recordkit/vectors/envelope/signed-peer-record-vectors.json' with { type: 'json' }
import envelopeRules from '@recordkit/vectors/rules/envelope-cases.json' with { type: 'json' }
import official from '@recordkit/vectors/ipns/ipns-spec-vectors.json' with { type: 'json' }
import {
  keyPairFromSeed,
  nextPeerRecordSequence,
  openEnvelope,
  openPeerRecord,
  openSignedRecord,
  sealEnvelope,
  sealPeerRecord,
  sealSignedRecord,
  createIpnsRecord,
  verifySignature
} from '../src/index.ts'
import { codeOf } from './errors.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const signer = await keyPairFromSeed(new Uint8Array(32).fill(7))
const other = await keyPairFromSeed(new Uint8Array(32).fill(8))

describe('envelope', () => {
  const domain = 'a domain'
  const payloadType = utf8('/a/type')
  const payload = utf8('a payload')

  test('opens to the payload that was sealed, with its author', async () => {
    const bytes = await sealEnvelope({ domain, payloadType, payload }, { signer })
    const opened = await openEnvelope(bytes, { domain, payloadType })
    expect(opened.content).toEqual(payload)
    expect(opened.publicKey).toEqual(signer.publicKey)
    expect(opened.author).toEqual(signer.peerId)
    expect(opened.value).toEqual(bytes)
  })

  test('is refused for another domain', async () => {
    const bytes = await sealEnvelope({ domain, payloadType, payload }, { signer })
    expect(await codeOf(() => openEnvelope(bytes, { domain: 'another', payloadType }))).toBe('SIGNATURE_INVALID')
  })

  test('is refused for another payload type before its signature is verified', async () => {
    const bytes = await sealEnvelope({ domain, payloadType, payload }, { signer })
    const options = { domain, payloadType: utf8('/another'), algorithms: [] }
    expect(await codeOf(() => openEnvelope(bytes, options))).toBe('ENVELOPE_PAYLOAD_TYPE')
  })

  test('is refused with any one bit flipped', async () => {
    const bytes = await sealEnvelope({ domain, payloadType, payload }, { signer })
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = new Uint8Array(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(await codeOf(() => openEnvelope(flipped, { domain, payloadType })), `bit ${bit}`).not.toBe('ok')
    }
  })

  test('of a key whose algorithm is missing is refused with the export to add', async () => {
    const publicKey = { type: 'Secp256k1', data: new Uint8Array(33).fill(2) } as const
    const foreign = { publicKey, sign: () => new Uint8Array(70) }
    const bytes = await sealEnvelope({ domain, payloadType, payload }, { signer: foreign })
    await expect(openEnvelope(bytes, { domain, payloadType })).rejects.toMatchObject({
      code: 'ALGORITHM_MISSING',
      message: expect.stringContaining('@recordkit/record-crypto/secp256k1')
    })
  })

  test('is neither opened nor sealed when the signal is aborted, and throws its reason', async () => {
    const reason = new Error('enough')
    const options = { domain, payloadType, signal: AbortSignal.abort(reason) }
    const bytes = await sealEnvelope({ domain, payloadType, payload }, { signer })
    await expect(openEnvelope(bytes, options)).rejects.toBe(reason)
    const content = { domain, payloadType, payload }
    await expect(sealEnvelope(content, { signer, signal: options.signal })).rejects.toBe(reason)
  })
})

const ruleFiles = files(
  import.meta.glob<string>('../../../vectors/rules/envelope/*.bin', { query: '?hex', import: 'default', eager: true }),
  2
)

/** Our codes by the results of Go. Go opens every registered payload type; here, one is expected. */
const expectedCodes = new Map([
  ['ok', 'ok'],
  ['ErrInvalidSignature', 'SIGNATURE_INVALID'],
  ['ConsumeEnvelope: ErrPayloadTypeNotRegistered', 'ENVELOPE_PAYLOAD_TYPE'],
  ['protobuf error', 'PROTOBUF_TRUNCATED']
])

test.each(envelopeRules.cases)('the envelope $id is opened or refused as in go-libp2p', async (rule) => {
  const bytes = ruleFiles.get(rule.file) as Uint8Array
  expect(await codeOf(() => openPeerRecord(bytes))).toBe(expectedCodes.get(rule.expect))
  if (rule.expect === 'ok') expect(peerIdToString((await openPeerRecord(bytes)).author)).toBe(rule.signer)
})

describe('peer record', () => {
  test.each(envelopes.vectors)('sealed by $id is opened', async ({ envelopeHex, derived }) => {
    const { content: record, author } = await openPeerRecord(fromHex(envelopeHex))
    expect(peerIdToString(record.peerId)).toBe(derived.peerRecord.peerId)
    expect(author).toEqual(record.peerId)
    expect(record.sequence).toBe(BigInt(derived.peerRecord.seq))
    expect(record.addresses.map(toHex)).toEqual(derived.peerRecord.multiaddrsHex)
  })

  test('opens to the addresses that were sealed', async () => {
    const addresses = [fromHex('047f000001060fa1')]
    const bytes = await sealPeerRecord({ sequence: 1_784_000_000_123_456_789n, addresses }, { signer })
    const { content } = await openPeerRecord(bytes)
    expect(content).toEqual({ peerId: signer.peerId, sequence: 1_784_000_000_123_456_789n, addresses })
  })

  test('of another peer than the signer is not sealed', async () => {
    const record = { peerId: other.peerId, sequence: 1n, addresses: [] }
    expect(await codeOf(() => sealPeerRecord(record, { signer }))).toBe('SIGNER_MISMATCH')
  })

  test('of another peer than the signer is not opened', async () => {
    const payload = encodePeerRecord({ peerId: other.peerId, sequence: 1n, addresses: [] })
    const content = { domain: peerRecordDomain, payloadType: peerRecordPayloadType, payload }
    const bytes = await sealEnvelope(content, { signer })
    expect(await codeOf(() => openPeerRecord(bytes))).toBe('SIGNER_MISMATCH')
  })

  test('has the time as next sequence, or one more than the last sequence when that is later', async () => {
    expect(nextPeerRecordSequence(undefined, 5n)).toBe(5n)
    expect(nextPeerRecordSequence(4n, 5n)).toBe(5n)
    expect(nextPeerRecordSequence(5n, 5n)).toBe(6n)
    expect(nextPeerRecordSequence(9n, 5n)).toBe(10n)
    expect(await codeOf(async () => nextPeerRecordSequence(2n ** 64n - 1n, 5n))).toBe('SEQUENCE_EXHAUSTED')
    expect(await codeOf(async () => nextPeerRecordSequence(5 as never, 5n))).toBe('INVALID_ARGUMENT')
    expect(await codeOf(async () => nextPeerRecordSequence(5n, -1n))).toBe('INVALID_ARGUMENT')
  })
})

describe('signed record', () => {
  const record = {
    key: utf8('/config/a'),
    content: utf8('on'),
    sequence: 3n,
    issued: 10n,
    expires: 20n,
    ttl: 0n,
    revoked: false
  }

  test('opens to the fields that were sealed', async () => {
    const bytes = await sealSignedRecord(record, { signer, now: 0n })
    const opened = await openSignedRecord(bytes)
    expect(opened.content).toEqual(record)
    expect(opened).toMatchObject({ author: signer.peerId, publicKey: signer.publicKey })
    expect(opened.value).toEqual(bytes)
  })

  test('with an unknown field in its envelope is opened, and returned in its normal form', async () => {
    const bytes = await sealSignedRecord(record, { signer, now: 0n })
    const { value } = await openSignedRecord(new Uint8Array([...bytes, 0x78, 0x01]))
    expect(value).toEqual(bytes)
  })

  test('that does not expire after it is issued is not sealed', async () => {
    expect(await codeOf(() => sealSignedRecord({ ...record, expires: 10n }, { signer }))).toBe('INVALID_ARGUMENT')
  })
})

describe('IPNS record', () => {
  const content = {
    value: '/ipfs/bafkqaaa',
    sequence: 4n,
    validity: 1_800_000_000_000_000_001n,
    ttl: 3_155_760_000_000_000_000n,
    extra: new Map([['note', 'kept']])
  }
  const options = { signer, now: 0n }

  test.each(official.vectors)('$id is valid or invalid as in the specification', async (vector) => {
    const name = parseIpnsName(vector.name)
    let valid = false
    try {
      const record = decodeIpnsRecord(fromHex(vector.recordHex))
      const publicKey = publicKeyFromPeerId(name) as PublicKey
      valid = await verifySignature(publicKey, ipnsSigningInput(record.data), record.signatureV2)
    } catch (error) {
      if (!isRecordError(error)) throw error
    }
    expect(valid).toBe(vector.expectedValid)
  })

  test('has the fields that were passed, with two valid signatures', async () => {
    const record = decodeIpnsRecord(await createIpnsRecord(content, options))
    expect(record).toMatchObject({
      value: utf8('/ipfs/bafkqaaa'),
      sequence: 4n,
      validity: content.validity,
      ttl: content.ttl,
      extra: content.extra
    })
    expect(record.publicKey).toBeUndefined()
    const { publicKey } = signer
    expect(await verifySignature(publicKey, ipnsSigningInput(record.data), record.signatureV2)).toBe(true)
    const inputV1 = ipnsSigningInputV1(record.value, record.validityBytes)
    expect(await verifySignature(publicKey, inputV1, record.signatureV1 as Uint8Array)).toBe(true)
  })

  test('has no signatureV1 and no unsigned fields when v1Compatible is false', async () => {
    const bytes = await createIpnsRecord(content, { ...options, v1Compatible: false })
    const record = decodeIpnsRecord(bytes)
    expect(record.signatureV1).toBeUndefined()
    expect(bytes.length).toBeLessThan((await createIpnsRecord(content, options)).length)
  })

  test('with an invalid value or above 10240 bytes is not created', async () => {
    const invalid = { ...content, value: utf8('no path') }
    expect(await codeOf(() => createIpnsRecord(invalid, options))).toBe('IPNS_VALUE_INVALID')
    const extra = new Map([['note', new Uint8Array(10_240)]])
    expect(await codeOf(() => createIpnsRecord({ ...content, extra }, options))).toBe('TOO_LARGE')
  })
})
