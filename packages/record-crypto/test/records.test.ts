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

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const signer = await keyPairFromSeed(new Uint8Array(32).fill(7))
const stranger = await keyPairFromSeed(new Uint8Array(32).fill(8))

/** What `run` throws, by its code. */
async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run()
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  return 'nothing was thrown'
}

describe('envelope', () => {
  const domain = 'a domain'
  const payloadType = utf8('/a/type')
  const payload = utf8('a payload')

  test('opens to what was sealed, and names who sealed it', async () => {
    const bytes = await sealEnvelope({ domain, payloadType, payload, signer })
    const opened = await openEnvelope(bytes, { domain, payloadType })
    expect(opened.payload).toEqual(payload)
    expect(opened.publicKey).toEqual(signer.publicKey)
    expect(opened.author).toEqual(signer.peerId)
    expect(opened.value).toBe(bytes)
  })

  test('is refused for another domain', async () => {
    const bytes = await sealEnvelope({ domain, payloadType, payload, signer })
    expect(await codeOf(() => openEnvelope(bytes, { domain: 'another', payloadType }))).toBe('SIGNATURE_INVALID')
  })

  test('is refused for another payload type, before its signature is looked at', async () => {
    const bytes = await sealEnvelope({ domain, payloadType, payload, signer })
    const options = { domain, payloadType: utf8('/another'), algorithms: [] }
    expect(await codeOf(() => openEnvelope(bytes, options))).toBe('ENVELOPE_PAYLOAD_TYPE')
  })

  test('is refused with any one bit flipped', async () => {
    const bytes = await sealEnvelope({ domain, payloadType, payload, signer })
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = new Uint8Array(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(await codeOf(() => openEnvelope(flipped, { domain, payloadType })), `bit ${bit}`).not.toBe(
        'nothing was thrown'
      )
    }
  })

  test('of a key without its algorithm says what to import', async () => {
    const publicKey = { type: 'Secp256k1', data: new Uint8Array(33).fill(2) } as const
    const foreign = { publicKey, sign: () => new Uint8Array(70) }
    const bytes = await sealEnvelope({ domain, payloadType, payload, signer: foreign })
    await expect(openEnvelope(bytes, { domain, payloadType })).rejects.toMatchObject({
      code: 'ALGORITHM_MISSING',
      message: expect.stringContaining('@recordkit/record-crypto/secp256k1')
    })
  })

  test('gives up with the reason of its signal', async () => {
    const reason = new Error('enough')
    const options = { domain, payloadType, signal: AbortSignal.abort(reason) }
    const bytes = await sealEnvelope({ domain, payloadType, payload, signer })
    await expect(openEnvelope(bytes, options)).rejects.toBe(reason)
    await expect(sealEnvelope({ domain, payloadType, payload, signer }, options)).rejects.toBe(reason)
  })
})

const ruleFiles = files(
  import.meta.glob<string>('../../../vectors/rules/envelope/*.bin', { query: '?hex', import: 'default', eager: true }),
  2
)

/** Go's answers and ours. Go opens any registered payload type; here one is asked for. */
const answers = new Map([
  ['ok', 'nothing was thrown'],
  ['ErrInvalidSignature', 'SIGNATURE_INVALID'],
  ['ConsumeEnvelope: ErrPayloadTypeNotRegistered', 'ENVELOPE_PAYLOAD_TYPE'],
  ['protobuf error', 'PROTOBUF_TRUNCATED']
])

test.each(envelopeRules.cases)('the envelope $id is judged as go-libp2p does', async (rule) => {
  const bytes = ruleFiles.get(rule.file) as Uint8Array
  expect(await codeOf(() => openPeerRecord(bytes))).toBe(answers.get(rule.expect))
  if (rule.expect === 'ok') expect(peerIdToString((await openPeerRecord(bytes)).author)).toBe(rule.signer)
})

describe('peer record', () => {
  test.each(envelopes.vectors)('of $id is opened', async ({ envelopeHex, derived }) => {
    const { record, author } = await openPeerRecord(fromHex(envelopeHex))
    expect(peerIdToString(record.peerId)).toBe(derived.peerRecord.peerId)
    expect(author).toEqual(record.peerId)
    expect(record.sequence).toBe(BigInt(derived.peerRecord.seq))
    expect(record.addresses.map(toHex)).toEqual(derived.peerRecord.multiaddrsHex)
  })

  test('opens to what was sealed', async () => {
    const addresses = [fromHex('047f000001060fa1')]
    const bytes = await sealPeerRecord({ sequence: 1_784_000_000_123_456_789n, addresses }, { signer })
    const { record } = await openPeerRecord(bytes)
    expect(record).toEqual({ peerId: signer.peerId, sequence: 1_784_000_000_123_456_789n, addresses })
  })

  test('is not sealed by another than its peer', async () => {
    const record = { peerId: stranger.peerId, sequence: 1n, addresses: [] }
    expect(await codeOf(() => sealPeerRecord(record, { signer }))).toBe('SIGNER_MISMATCH')
  })

  test('signed by another than its peer is refused', async () => {
    const bytes = await sealEnvelope({
      domain: peerRecordDomain,
      payloadType: peerRecordPayloadType,
      payload: encodePeerRecord({ peerId: stranger.peerId, sequence: 1n, addresses: [] }),
      signer
    })
    expect(await codeOf(() => openPeerRecord(bytes))).toBe('SIGNER_MISMATCH')
  })

  test('has the time as its next sequence, unless the last one was not before it', async () => {
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
    value: utf8('on'),
    sequence: 3n,
    issued: 10n,
    expires: 20n,
    ttl: 0n,
    revoked: false
  }

  test('opens to what was sealed', async () => {
    const bytes = await sealSignedRecord(record, { signer })
    const opened = await openSignedRecord(bytes)
    expect(opened.record).toEqual(record)
    expect(opened.author).toEqual(signer.peerId)
  })

  test('has one form: the same envelope with something unknown at its end is refused', async () => {
    const bytes = await sealSignedRecord(record, { signer })
    const longer = new Uint8Array([...bytes, 0x78, 0x01])
    expect(await codeOf(() => openSignedRecord(longer))).toBe('ENVELOPE_NOT_CANONICAL')
  })

  test('that no reader would take is not sealed', async () => {
    expect(await codeOf(() => sealSignedRecord({ ...record, expires: 10n }, { signer }))).toBe('INVALID_ARGUMENT')
  })
})

describe('IPNS record', () => {
  const content = {
    signer,
    value: '/ipfs/bafkqaaa',
    sequence: 4n,
    validity: 1_800_000_000_000_000_001n,
    ttl: 3_155_760_000_000_000_000n,
    extra: new Map([['note', 'kept']])
  }

  test.each(official.vectors)('$id is judged as the specification says', async (vector) => {
    const name = parseIpnsName(vector.name)
    let holds = false
    try {
      const record = decodeIpnsRecord(fromHex(vector.recordHex))
      const publicKey = publicKeyFromPeerId(name) as PublicKey
      holds = await verifySignature(publicKey, ipnsSigningInput(record.data), record.signatureV2)
    } catch (error) {
      if (!isRecordError(error)) throw error
    }
    expect(holds).toBe(vector.expectedValid)
  })

  test('says what it was told, in both signatures', async () => {
    const record = decodeIpnsRecord(await signIpnsRecord(content))
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

  test('has nothing of V1 when that is not wanted', async () => {
    const bytes = await createIpnsRecord({ ...content }, { v1Compatible: false })
    const record = decodeIpnsRecord(bytes)
    expect(record.signatureV1).toBeUndefined()
    expect(bytes.length).toBeLessThan((await signIpnsRecord(content)).length)
  })

  test('that no reader would take is not signed', async () => {
    expect(await codeOf(() => createIpnsRecord({ ...content, value: utf8('no path') }))).not.toBe('nothing was thrown')
    const extra = new Map([['note', new Uint8Array(10_240)]])
    expect(await codeOf(() => createIpnsRecord({ ...content, extra }))).toBe('TOO_LARGE')
  })
})
