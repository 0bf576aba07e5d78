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
  sealSignedRecord,
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

  test('of another payload type is refused with both types in hex, truncated after 64 bytes', async () => {
    const { code, message } = await errorOf(() => open(Uint8Array.of(3, 1), Uint8Array.of(0, 0xab)))
    expect([code, message]).toEqual([
      'ENVELOPE_PAYLOAD_TYPE',
      'the payload type of the envelope is 0301; expected 00ab'
    ])
    expect((await errorOf(() => open(new Uint8Array(0), Uint8Array.of(1)))).message).toContain(
      ' is (empty); expected 01'
    )
    const long = new Uint8Array(65).fill(0x11)
    const { message: cut } = await errorOf(() => open(long.subarray(0, 64), long))
    expect(cut).toContain(` is ${'11'.repeat(64)}; expected ${'11'.repeat(64)}…`)
  })

  test('with an unknown field is opened, and returned in its normal form', async () => {
    const payloadType = utf8('/a')
    const sealed = await sealEnvelope({ domain, payloadType, payload: utf8('x') }, { signer })
    const { value, signature } = await openEnvelope(Uint8Array.of(...sealed, 0x78, 0x01), { domain, payloadType })
    expect(value).toEqual(sealed)
    expect(signature).toEqual(decodeUnverifiedEnvelope(sealed).signature)
  })

  test('is opened up to its limit, 64 KiB by default', async () => {
    const payloadType = utf8('/a')
    const size = (length: number) => sealEnvelope({ domain, payloadType, payload: new Uint8Array(length) }, { signer })
    const head = (await size(20_000)).length - 20_000
    const full = await size(limits.envelope - head)
    expect(full).toHaveLength(limits.envelope)
    expect((await openEnvelope(full, { domain, payloadType })).content).toHaveLength(limits.envelope - head)
    const { code } = await errorOf(async () =>
      openEnvelope(await size(limits.envelope - head + 1), { domain, payloadType })
    )
    expect(code).toBe('TOO_LARGE')
    const { length } = full
    expect((await errorOf(() => openEnvelope(full, { domain, payloadType, limit: length - 1 }))).code).toBe('TOO_LARGE')
  })

  test('sealed with an RSA key opens with the peer ID of the key as author', async () => {
    const payloadType = utf8('/a')
    const sealed = await sealEnvelope({ domain, payloadType, payload: utf8('x') }, { signer: rsaPair })
    const { author } = await openEnvelope(sealed, { domain, payloadType, algorithms: [ed25519, rsa] })
    expect(author).toEqual(rsaPair.peerId)
  })

  test('is not parsed when the signal is aborted', async () => {
    const reason = new Error('enough')
    const run = openEnvelope(utf8('no'), { domain, payloadType: utf8('/a'), signal: AbortSignal.abort(reason) })
    await expect(run).rejects.toBe(reason)
  })
})

describe('a peer record', () => {
  test('that names its signer is sealed and opened', async () => {
    const bytes = await sealPeerRecord({ peerId: signer.peerId, sequence: 1n, addresses: [] }, { signer })
    const opened = await openPeerRecord(bytes)
    expect(opened).toMatchObject({ author: signer.peerId, publicKey: signer.publicKey })
    expect(opened.value).toEqual(bytes)
  })

  test('is opened for its domain and its payload type only', async () => {
    const payload = encodePeerRecord({ peerId: signer.peerId, sequence: 1n, addresses: [] })
    const seal = async (domain: string, payloadType: Uint8Array): Promise<string> => {
      const bytes = await sealEnvelope({ domain, payloadType, payload }, { signer })
      return openPeerRecord(bytes).then(
        () => 'ok',
        (error: RecordError) => error.code
      )
    }
    expect(await seal(peerRecordDomain, peerRecordPayloadType)).toBe('ok')
    expect(await seal('another', peerRecordPayloadType)).toBe('SIGNATURE_INVALID')
    expect(await seal(peerRecordDomain, Uint8Array.of(3, 2))).toBe('ENVELOPE_PAYLOAD_TYPE')
  })

  test('is opened up to its limit, 8 KiB by default', async () => {
    const address = new Uint8Array(120).fill(4)
    const bytes = await sealPeerRecord(
      { sequence: 1n, addresses: Array.from({ length: 60 }, () => address) },
      { signer }
    )
    expect((await openPeerRecord(bytes)).content.addresses).toHaveLength(60)
    expect((await openPeerRecord(bytes, { limit: bytes.length })).content.addresses).toHaveLength(60)
    expect((await errorOf(() => openPeerRecord(bytes, { limit: bytes.length - 1 }))).code).toBe('TOO_LARGE')
  })

  test('has a next sequence up to 2^64 - 1, and only bigints are accepted', async () => {
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
  const content = { value: '/ipfs/x', sequence: 5n, validity: 1_790_000_000_000_000_001n }
  // before the validity
  const now = 0n

  test('has a ttl of five minutes by default', async () => {
    expect(decodeIpnsRecord(await createIpnsRecord(content, { signer, now })).ttl).toBe(5n * minute)
    expect(decodeIpnsRecord(await createIpnsRecord({ ...content, ttl: 0n }, { signer, now })).ttl).toBe(0n)
  })

  test('contains the public key when the name does not', async () => {
    const record = decodeIpnsRecord(await createIpnsRecord(content, { signer: rsaPair, now }))
    expect(record.publicKey).toEqual(encodePublicKey(rsaPair.publicKey))
    expect('publicKey' in decodeIpnsRecord(await createIpnsRecord(content, { signer, now }))).toBe(false)
  })

  test('has both signatures, unless v1Compatible is false', async () => {
    for (const [v1Compatible, expected] of [
      [undefined, true],
      [true, true],
      [false, false]
    ] as const) {
      const record = decodeIpnsRecord(await createIpnsRecord(content, { signer, now, v1Compatible }))
      expect('signatureV1' in record).toBe(expected)
    }
  })

  test('is created with a value in bytes', async () => {
    const value = utf8('/y')
    expect(decodeIpnsRecord(await createIpnsRecord({ ...content, value }, { signer, now })).value).toEqual(value)
  })

  test('is created up to 10240 bytes', async () => {
    const signed = (size: number) =>
      createIpnsRecord({ ...content, extra: new Map([['x', new Uint8Array(size)]]) }, { signer, now })
    const rest = limits.ipnsRecord - (await signed(9_000)).length + 9_000
    expect(await signed(rest)).toHaveLength(limits.ipnsRecord)
    expect(await errorOf(() => signed(rest + 1))).toMatchObject({
      code: 'TOO_LARGE',
      size: limits.ipnsRecord + 1,
      limit: limits.ipnsRecord
    })
  })

  test('is opened with the clock of the platform by default', async () => {
    const name = signer.peerId
    const later = await createIpnsRecord({ ...content, validity: systemClock() + 60n * minute }, { signer })
    expect((await openIpnsRecord(later, { name })).content.sequence).toBe(5n)
    const past = await createIpnsRecord({ ...content, validity: systemClock() - minute }, { signer, now })
    expect((await errorOf(() => openIpnsRecord(past, { name }))).code).toBe('EXPIRED')
  })

  test('is not created when the signal is aborted, and throws its reason', async () => {
    const reason = new Error('enough')
    const sign = vi.fn(signer.sign)
    const run = createIpnsRecord(content, { signer: { ...signer, sign }, now, signal: AbortSignal.abort(reason) })
    await expect(run).rejects.toBe(reason)
    for (const [, options] of sign.mock.calls) expect(options?.signal?.aborted).toBe(true)
  })
})

describe('createIpnsRecord', () => {
  const content = { value: '/ipfs/x', sequence: 5n, validity: 1_790_000_000_000_000_001n }

  test('refuses a validity before now, and accepts the instant itself', async () => {
    const { validity } = content
    expect(await errorOf(() => createIpnsRecord(content, { signer, now: validity + 1n }))).toMatchObject({
      code: 'EXPIRED',
      message: expect.stringContaining('2026-09-21T14:13:20.000000001Z is in the past')
    })
    await expect(createIpnsRecord(content, { signer, now: validity })).resolves.toBeInstanceOf(Uint8Array)
  })

  test('refuses a validity before the current time by default', async () => {
    const past = { ...content, validity: systemClock() - minute }
    expect((await errorOf(() => createIpnsRecord(past, { signer }))).code).toBe('EXPIRED')
    const later = { ...content, validity: systemClock() + minute }
    await expect(createIpnsRecord(later, { signer })).resolves.toBeInstanceOf(Uint8Array)
  })

  test('does not sign a record with a validity in the past', async () => {
    const sign = vi.fn(signer.sign)
    await errorOf(() => createIpnsRecord({ ...content, validity: 0n }, { signer: { ...signer, sign } }))
    expect(sign).not.toHaveBeenCalled()
  })

  test.each(['sequence', 'validity', 'ttl'] as const)('refuses a number as %s, and names the field', async (name) => {
    const error = await errorOf(() => createIpnsRecord({ ...content, [name]: 5 }, { signer, now: 0n }))
    expect(error).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(`^${name} is .*; a bigint( from 0 to 2\\^6[34] - 1)? is expected$`)
    })
  })

  test('refuses a number as now, as openIpnsRecord does, and names the option', async () => {
    const invalid = {
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^now is .*; a bigint of nanoseconds since the Unix epoch is expected$/) as unknown
    }
    const now = 5 as never
    expect(await errorOf(() => createIpnsRecord(content, { signer, now }))).toMatchObject(invalid)
    const value = await createIpnsRecord(content, { signer, now: 0n })
    expect(await errorOf(() => openIpnsRecord(value, { name: signer.peerId, now }))).toMatchObject(invalid)
  })

  test.each([-1n, 1n << 63n])('refuses %s as sequence and as ttl, and names the field', async (number) => {
    for (const name of ['sequence', 'ttl']) {
      const error = await errorOf(() => createIpnsRecord({ ...content, [name]: number }, { signer, now: 0n }))
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(name) })
    }
  })
})

describe('sealPeerRecord', () => {
  test('uses the current time as sequence by default', async () => {
    const before = systemClock()
    const { content } = await openPeerRecord(await sealPeerRecord({ addresses: [] }, { signer }))
    expect(content.sequence).toBeGreaterThanOrEqual(before)
    expect(content.sequence).toBeLessThanOrEqual(systemClock())
    expect(content.peerId).toEqual(signer.peerId)
  })

  test('refuses a number as sequence, and names the field', async () => {
    const error = await errorOf(() => sealPeerRecord({ addresses: [], sequence: 1 as never }, { signer }))
    expect(error).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^sequence is .*; a bigint is expected$/) as unknown
    })
  })
})

describe('sealSignedRecord', () => {
  const record = {
    key: utf8('/a/b'),
    content: utf8('c'),
    sequence: 1n,
    issued: 1n,
    expires: 2n,
    ttl: 0n,
    revoked: false
  }

  test.each(['sequence', 'issued', 'expires', 'ttl'] as const)('refuses a number as %s, and names it', async (name) => {
    const error = await errorOf(() => sealSignedRecord({ ...record, [name]: 5 }, { signer }))
    expect(error).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(`^${name} is .*; a bigint is expected$`) as unknown
    })
  })

  test('refuses a record that has expired, at the current time or at the `now` of its options', async () => {
    const expired = await errorOf(() => sealSignedRecord(record, { signer }))
    expect(expired).toMatchObject({
      code: 'EXPIRED',
      message: 'expires is 1970-01-01T00:00:00.000Z, which is in the past'
    })
    expect((await errorOf(() => sealSignedRecord(record, { signer, now: 3n }))).code).toBe('EXPIRED')
    expect(await sealSignedRecord(record, { signer, now: 2n })).toBeInstanceOf(Uint8Array)
    expect(await errorOf(() => sealSignedRecord(record, { signer, now: 2 as never }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^now is .*; a bigint of nanoseconds since the Unix epoch is expected$/) as unknown
    })
  })
})

describe('a signed record', () => {
  test('is opened up to the limit that is passed', async () => {
    expect((await errorOf(() => openSignedRecord(new Uint8Array(11), { limit: 10 }))).code).toBe('TOO_LARGE')
  })
})

describe('a wrong option', () => {
  const content = { domain: 'd', payloadType: utf8('t'), payload: utf8('p') }
  const ipnsContent = { value: '/ipfs/bafkqaaa', sequence: 1n, validity: 1_900_000_000_000_000_000n }
  const record = {
    key: utf8('/a/b'),
    content: utf8('c'),
    sequence: 1n,
    issued: 1n,
    expires: 1_900_000_000_000_000_000n,
    ttl: 0n,
    revoked: false
  }

  test.each([undefined, {}, { signer: null }, { signer: 'k51' }, { signer: { sign: () => new Uint8Array() } }])(
    'is named when the signer is missing or cannot sign: %s',
    async (options) => {
      for (const seal of [
        () => sealEnvelope(content, options as never),
        () => createIpnsRecord(ipnsContent, options as never),
        () => sealPeerRecord({ addresses: [] }, options as never),
        () => sealSignedRecord(record, options as never)
      ]) {
        const { code, message } = await errorOf(seal)
        expect(code).toBe('INVALID_ARGUMENT')
        expect(message).toMatch(
          /^signer is (undefined|null|a string|an object); an object with publicKey and sign, such as a key pair of generateKeyPair\(\), is expected$/
        )
      }
    }
  )

  test('is named when openIpnsRecord has no name', async () => {
    const value = await createIpnsRecord(ipnsContent, { signer })
    for (const options of [undefined, {}, { name: 'k51' }]) {
      expect(await errorOf(() => openIpnsRecord(value, options as never))).toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^name is .*; a Uint8Array is expected/)
      })
    }
  })

  test.each([Number.NaN, Infinity, -1, 0.5, '5', 5n])('is named when the limit is %s', async (wrong) => {
    const limit = wrong as number
    const value = await createIpnsRecord(ipnsContent, { signer })
    for (const open of [
      () => openEnvelope(value, { domain: 'd', payloadType: utf8('t'), limit }),
      () => openPeerRecord(value, { limit }),
      () => openSignedRecord(value, { limit }),
      () => openIpnsRecord(value, { name: signer.peerId, limit })
    ]) {
      expect(await errorOf(open)).toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^limit is .+; a whole number of at least 0 is expected$/) as unknown
      })
    }
  })

  test('does not raise the limit of openPeerRecord when it is undefined', async () => {
    const error = await errorOf(() => openPeerRecord(new Uint8Array(8193), { limit: undefined }))
    expect(error).toMatchObject({ code: 'TOO_LARGE', limit: 8192 })
  })
})
