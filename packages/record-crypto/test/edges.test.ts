import {
  decodeIpnsRecord,
  decodeUnverifiedEnvelope,
  encodeEnvelope,
  encodePeerRecord,
  encodePublicKey,
  peerRecordDomain,
  peerRecordPayloadType
} from '@recordkit/record-codec'
import { limits, RecordError, systemClock } from '@recordkit/record-types'
import { minute } from '@recordkit/testing'
import { describe, expect, test, vi } from 'vitest'
import {
  ed25519,
  keyPairFromSeed,
  nextPeerRecordSequence,
  openEnvelope,
  openIpnsRecord,
  openPeerRecord,
  openSignedRecord,
  sealEnvelope,
  sealPeerRecord,
  createIpnsRecord
} from '../src/index.ts'
import { generateRsaKeyPair, rsa } from '../src/rsa.ts'
import { errorOf } from './errors.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const signer = await keyPairFromSeed(new Uint8Array(32).fill(7))
const rsaPair = await generateRsaKeyPair()

describe('an envelope', () => {
  const domain = 'a domain'
  const open = (payloadType: Uint8Array, expected: Uint8Array): Promise<unknown> => {
    const bytes = encodeEnvelope({ publicKey: signer.publicKey, payloadType, payload: utf8('x'), signature: utf8('y') })
    return openEnvelope(bytes, { domain, payloadType: expected })
  }

  test('of another payload type is refused by both names, in hex, cut after 64 bytes', async () => {
    const { code, message } = await errorOf(() => open(Uint8Array.of(3, 1), Uint8Array.of(0, 0xab)))
    expect([code, message]).toEqual(['ENVELOPE_PAYLOAD_TYPE', "the envelope's payload type is 0301; 00ab was expected"])
    expect((await errorOf(() => open(new Uint8Array(0), Uint8Array.of(1)))).message).toContain(' is (empty); 01 ')
    const long = new Uint8Array(65).fill(0x11)
    const { message: cut } = await errorOf(() => open(long.subarray(0, 64), long))
    expect(cut).toContain(` is ${'11'.repeat(64)}; ${'11'.repeat(64)}… was expected`)
  })

  test('with something unknown at its end is opened, unless the canonical form is asked for', async () => {
    const payloadType = utf8('/a')
    const sealed = await sealEnvelope({ domain, payloadType, payload: utf8('x'), signer })
    const longer = Uint8Array.of(...sealed, 0x78, 0x01)
    const { value: bytes, signature } = await openEnvelope(longer, { domain, payloadType })
    expect(bytes).toBe(longer)
    expect(signature).toEqual(decodeUnverifiedEnvelope(sealed).signature)
    const { code } = await errorOf(() => openEnvelope(longer, { domain, payloadType, canonical: true }))
    expect(code).toBe('ENVELOPE_NOT_CANONICAL')
  })

  test('is read up to its limit, 64 KiB when none is given', async () => {
    const payloadType = utf8('/a')
    const size = (length: number) => sealEnvelope({ domain, payloadType, payload: new Uint8Array(length), signer })
    const head = (await size(20_000)).length - 20_000
    const full = await size(limits.envelope - head)
    expect(full).toHaveLength(limits.envelope)
    expect((await openEnvelope(full, { domain, payloadType })).payload).toHaveLength(limits.envelope - head)
    const { code } = await errorOf(async () =>
      openEnvelope(await size(limits.envelope - head + 1), { domain, payloadType })
    )
    expect(code).toBe('TOO_LARGE')
    const { length } = full
    expect((await errorOf(() => openEnvelope(full, { domain, payloadType, limit: length - 1 }))).code).toBe('TOO_LARGE')
  })

  test('by an RSA key names its author', async () => {
    const payloadType = utf8('/a')
    const sealed = await sealEnvelope({ domain, payloadType, payload: utf8('x'), signer: rsaPair })
    const { author } = await openEnvelope(sealed, { domain, payloadType, algorithms: [ed25519, rsa] })
    expect(author).toEqual(rsaPair.peerId)
  })

  test('is given up before its bytes are looked at', async () => {
    const reason = new Error('enough')
    const run = openEnvelope(utf8('no'), { domain, payloadType: utf8('/a'), signal: AbortSignal.abort(reason) })
    await expect(run).rejects.toBe(reason)
  })
})

describe('a peer record', () => {
  test('that names its signer is sealed', async () => {
    const bytes = await sealPeerRecord({ peerId: signer.peerId, sequence: 1n, addresses: [] }, { signer })
    const opened = await openPeerRecord(bytes)
    expect(opened).toMatchObject({ author: signer.peerId, publicKey: signer.publicKey })
    expect(opened.bytes).toBe(bytes)
  })

  test('is signed for its domain and its payload type', async () => {
    const payload = encodePeerRecord({ peerId: signer.peerId, sequence: 1n, addresses: [] })
    const seal = async (domain: string, payloadType: Uint8Array): Promise<string> => {
      const bytes = await sealEnvelope({ domain, payloadType, payload, signer })
      return openPeerRecord(bytes).then(
        () => 'ok',
        (error: RecordError) => error.code
      )
    }
    expect(await seal(peerRecordDomain, peerRecordPayloadType)).toBe('ok')
    expect(await seal('another', peerRecordPayloadType)).toBe('SIGNATURE_INVALID')
    expect(await seal(peerRecordDomain, Uint8Array.of(3, 2))).toBe('ENVELOPE_PAYLOAD_TYPE')
  })

  test('is read up to 8 KiB, or to what is said', async () => {
    const address = new Uint8Array(120).fill(4)
    const bytes = await sealPeerRecord(
      { sequence: 1n, addresses: Array.from({ length: 60 }, () => address) },
      { signer }
    )
    expect((await openPeerRecord(bytes)).record.addresses).toHaveLength(60)
    expect((await openPeerRecord(bytes, { limit: bytes.length })).record.addresses).toHaveLength(60)
    expect((await errorOf(() => openPeerRecord(bytes, { limit: bytes.length - 1 }))).code).toBe('TOO_LARGE')
  })

  test('has a next sequence up to 2^64 - 1, for times and sequences that are bigints', async () => {
    const last = (1n << 64n) - 1n
    expect(nextPeerRecordSequence(undefined, 0n)).toBe(0n)
    expect(nextPeerRecordSequence(4n, 9n)).toBe(9n)
    expect(nextPeerRecordSequence(last - 1n, 0n)).toBe(last)
    expect(nextPeerRecordSequence(undefined, last)).toBe(last)
    for (const [before, now, code] of [
      [last, 0n, 'SEQUENCE_EXHAUSTED'],
      [undefined, last + 1n, 'SEQUENCE_EXHAUSTED'],
      [1n, -1n, 'INVALID_ARGUMENT'],
      [undefined, 5, 'INVALID_ARGUMENT'],
      [undefined, undefined, 'INVALID_ARGUMENT'],
      ['1', 5n, 'INVALID_ARGUMENT'],
      [null, 5n, 'INVALID_ARGUMENT']
    ]) {
      expect((await errorOf(() => nextPeerRecordSequence(before as bigint, now as bigint))).code).toBe(code)
    }
  })
})

describe('an IPNS record', () => {
  const content = { signer, value: '/ipfs/x', sequence: 5n, validity: 1_790_000_000_000_000_001n }

  test('has a time to live of five minutes when none is given', async () => {
    expect(decodeIpnsRecord(await signIpnsRecord(content)).ttl).toBe(5n * minute)
    expect(decodeIpnsRecord(await createIpnsRecord({ ...content, ttl: 0n })).ttl).toBe(0n)
  })

  test('has its key in it where the name does not', async () => {
    const record = decodeIpnsRecord(await createIpnsRecord({ ...content }, { signer: rsaPair }))
    expect(record.publicKey).toEqual(encodePublicKey(rsaPair.publicKey))
    expect('publicKey' in decodeIpnsRecord(await signIpnsRecord(content))).toBe(false)
  })

  test('has both signatures, unless the first version is not wanted', async () => {
    expect('signatureV1' in decodeIpnsRecord(await signIpnsRecord(content))).toBe(true)
    expect('signatureV1' in decodeIpnsRecord(await createIpnsRecord({ ...content }, { v1Compatible: true }))).toBe(true)
    expect('signatureV1' in decodeIpnsRecord(await createIpnsRecord({ ...content }, { v1Compatible: false }))).toBe(
      false
    )
  })

  test('takes bytes for its value', async () => {
    expect(decodeIpnsRecord(await createIpnsRecord({ ...content, value: utf8('/y') })).value).toEqual(utf8('/y'))
  })

  test('is signed up to 10240 bytes', async () => {
    const signed = (size: number) => createIpnsRecord({ ...content, extra: new Map([['x', new Uint8Array(size)]]) })
    const rest = limits.ipnsRecord - (await signed(9_000)).length + 9_000
    expect(await signed(rest)).toHaveLength(limits.ipnsRecord)
    expect(await errorOf(() => signed(rest + 1))).toMatchObject({
      code: 'TOO_LARGE',
      size: limits.ipnsRecord + 1,
      limit: limits.ipnsRecord
    })
  })

  test("is opened by the platform's clock when no time is given", async () => {
    const name = signer.peerId
    const later = await createIpnsRecord({ ...content, validity: systemClock() + 60n * minute })
    expect((await openIpnsRecord(later, { name })).sequence).toBe(5n)
    const past = await createIpnsRecord({ ...content, validity: systemClock() - minute })
    expect((await errorOf(() => openIpnsRecord(past, { name }))).code).toBe('EXPIRED')
  })

  test('gives up with the reason of its signal, before either signature', async () => {
    const reason = new Error('enough')
    const sign = vi.fn(signer.sign)
    const run = createIpnsRecord({ ...content }, { signer: { ...signer, sign }, signal: AbortSignal.abort(reason) })
    await expect(run).rejects.toBe(reason)
    for (const [, options] of sign.mock.calls) expect(options?.signal?.aborted).toBe(true)
  })
})

describe('a signed record', () => {
  test('is read to the limit that is said', async () => {
    expect((await errorOf(() => openSignedRecord(new Uint8Array(11), { limit: 10 }))).code).toBe('TOO_LARGE')
  })
})
