import { decodeIpnsRecord, ipnsSigningInput } from '@recordkit/record-codec'
import { isRecordError, RecordError } from '@recordkit/record-types'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ecdsa, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import {
  ed25519,
  importPrivateKey,
  keyPairFromSeed,
  openEnvelope,
  openPeerRecord,
  openSignedRecord,
  peerIdFromPublicKey,
  sealEnvelope,
  sealSignedRecord,
  sha256,
  createIpnsRecord,
  verifySignature
} from '../src/index.ts'
import { generateRsaKeyPair, rsa } from '../src/rsa.ts'
import { generateSecp256k1KeyPair, secp256k1 } from '../src/secp256k1.ts'
import { ed25519Paths } from './ed25519-paths.ts'
import { ecdsaWebCrypto, rsaWebCrypto, secp256k1Portable } from './page-paths.ts'

const bytes = (maxLength = 300) => fc.uint8Array({ maxLength })
const signer = await keyPairFromSeed(new Uint8Array(32).fill(9))
const domain = 'a domain'
const payloadType = new Uint8Array([3, 2, 1])
const algorithms = [ed25519, secp256k1, rsa, ecdsa]

const known = [
  ['Secp256k1', secp256k1, await generateSecp256k1KeyPair()],
  ['Secp256k1 by noble', secp256k1Portable, await generateSecp256k1KeyPair()],
  ['RSA', rsa, await generateRsaKeyPair()],
  ['RSA by WebCrypto', rsaWebCrypto, await generateRsaKeyPair()],
  ['ECDSA', ecdsa, await generateEcdsaKeyPair()],
  ['ECDSA by WebCrypto', ecdsaWebCrypto, await generateEcdsaKeyPair({ curve: 'P-521' })],
  ...[...ed25519Paths].map(([name, algorithm]) => [name, algorithm, signer] as const)
] as const

/** Returns `true`, or the code of the RecordError that `run` throws. Any other error is thrown again. */
async function outcome(run: () => unknown): Promise<string | true> {
  try {
    await run()
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  return true
}

describe('verify', () => {
  test.each(known)('returns a boolean for any bytes: %s', async (_, algorithm, pair) => {
    const good = await pair.sign(new Uint8Array(3))
    const key = fc.oneof(bytes(), fc.constant(pair.publicKey.data), mutated(pair.publicKey.data))
    const signature = fc.oneof(bytes(), fc.constant(good), mutated(good))
    await fc.assert(
      fc.asyncProperty(key, bytes(40), signature, async (publicKey, message, signature) => {
        expect(await algorithm.verify(publicKey, message, signature)).toBeTypeOf('boolean')
      })
    )
  })

  test.each(known)('accepts bytes in shared, resizable and offset memory: %s', async (_, algorithm, pair) => {
    const message = new Uint8Array(3)
    const signature = await pair.sign(message)
    for (const copy of [shared, resizable, offset]) {
      const parts = [pair.publicKey.data, message, signature].map((part) => copy(part)) as [
        Uint8Array,
        Uint8Array,
        Uint8Array
      ]
      expect(await algorithm.verify(...parts)).toBe(true)
      expect(await algorithm.verify(...parts)).toBe(true)
    }
  })

  test.each(known)('refuses arguments that are not bytes: %s', async (_, algorithm) => {
    for (const value of [undefined, null, 'text', 5, [], new ArrayBuffer(32)]) {
      const none = value as unknown as Uint8Array
      const some = new Uint8Array(32)
      expect(await outcome(() => algorithm.verify(none, some, some))).toBe('INVALID_ARGUMENT')
      expect(await outcome(() => algorithm.verify(some, none, some))).toBe('INVALID_ARGUMENT')
      expect(await outcome(() => algorithm.verify(some, some, none))).toBe('INVALID_ARGUMENT')
    }
  })

  test.each(known)('throws the reason of an aborted signal: %s', async (_, algorithm) => {
    const reason = new Error('enough')
    const none = new Uint8Array(0)
    const run = async () => algorithm.verify(none, none, none, { signal: AbortSignal.abort(reason) })
    await expect(run()).rejects.toBe(reason)
  })
})

describe('opening and importing', () => {
  const openers = [
    ['openEnvelope', (input: Uint8Array) => openEnvelope(input, { domain, payloadType, algorithms })],
    ['openPeerRecord', (input: Uint8Array) => openPeerRecord(input, { algorithms })],
    ['openSignedRecord', (input: Uint8Array) => openSignedRecord(input, { algorithms })],
    ['importPrivateKey', importPrivateKey]
  ] as const

  test.each(openers)('refuse any bytes with a RecordError: %s', async (name, open) => {
    const sealed = await sealEnvelope({ domain, payloadType, payload: new Uint8Array(20) }, { signer })
    const input = fc.oneof(
      bytes(),
      mutated(sealed),
      fc.nat(sealed.length - 1).map((end) => sealed.subarray(0, end))
    )
    await fc.assert(
      fc.asyncProperty(input, async (bytes) => {
        expect(await outcome(() => open(bytes))).toMatch(/^[A-Z0-9_]+$/)
      })
    )
    for (const value of [undefined, null, 'text', 5, {}]) {
      const isPem = name === 'importPrivateKey' && typeof value === 'string'
      const expected = isPem ? /^PRIVATE_KEY_INVALID$/ : /^(INVALID_ARGUMENT|KEY_TYPE_UNKNOWN)$/
      expect(await outcome(() => open(value as never))).toMatch(expected)
    }
  })

  test('refuse bytes above the limit', async () => {
    expect(await outcome(() => openEnvelope(new Uint8Array(65_537), { domain, payloadType }))).toBe('TOO_LARGE')
    expect(await outcome(() => openPeerRecord(new Uint8Array(8_193)))).toBe('TOO_LARGE')
    expect(await outcome(() => openSignedRecord(new Uint8Array(65_537)))).toBe('TOO_LARGE')
  })
})

test('arguments of the wrong type throw INVALID_ARGUMENT', async () => {
  const none = new Uint8Array(0)
  for (const value of [undefined, null, 'text', 5, {}]) {
    const wrong = value as never
    expect(await outcome(() => verifySignature(wrong, none, none))).toBe('INVALID_ARGUMENT')
    expect(await outcome(() => signer.sign(wrong))).toBe('INVALID_ARGUMENT')
    expect(await outcome(() => sha256(wrong))).toBe('INVALID_ARGUMENT')
    expect(await outcome(() => peerIdFromPublicKey({ type: 'Ed25519', data: wrong }))).toBe('INVALID_ARGUMENT')
    expect(await outcome(() => sealEnvelope({ domain, payloadType, payload: wrong }, { signer }))).toBe(
      'INVALID_ARGUMENT'
    )
    expect(await outcome(() => sealEnvelope({ domain, payloadType: wrong, payload: none }, { signer }))).toBe(
      'INVALID_ARGUMENT'
    )
    expect(await outcome(() => openEnvelope(none, { domain, payloadType: wrong }))).toBe('INVALID_ARGUMENT')
  }
})

test('every envelope opens to the payload that was sealed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), bytes(), bytes(), async (domain, payloadType, payload) => {
      const opened = await openEnvelope(await sealEnvelope({ domain, payloadType, payload }, { signer }), {
        domain,
        payloadType
      })
      expect(opened).toMatchObject({ content: payload, author: signer.peerId })
    })
  )
})

test('a signed record with any one bit flipped is refused', async () => {
  const utf8 = (text: string) => new TextEncoder().encode(text)
  const record = {
    key: utf8('/a/b'),
    content: utf8('c'),
    sequence: 1n,
    issued: 1n,
    expires: 2n,
    ttl: 3_000_000n,
    revoked: false
  }
  const sealed = await sealSignedRecord(record, { signer, now: 0n })
  for (const flipped of flips(sealed)) expect(await outcome(() => openSignedRecord(flipped))).not.toBe(true)
})

test.each([
  ['V2 only', false],
  ['V1 and V2', true]
])('an IPNS record with any one bit flipped is refused, except in signatureV1: %s', async (_, v1) => {
  const content = { value: '/ipfs/bafkqaaa', sequence: 7n, validity: 1_900_000_000_000_000_000n, ttl: 60_000_000n }
  const signed = await createIpnsRecord(content, { signer, now: 0n, v1Compatible: v1 })
  const { signatureV1, ...signedPart } = decodeIpnsRecord(signed)
  expect(signatureV1 === undefined).toBe(!v1)
  let survivors = 0
  for (const flipped of flips(signed)) {
    const valid = await outcome(async () => {
      const { signatureV1: _ignored, ...record } = decodeIpnsRecord(flipped)
      const verified = await verifySignature(signer.publicKey, ipnsSigningInput(record.data), record.signatureV2)
      if (!verified) throw new RecordError('SIGNATURE_INVALID', 'refused')
      expect(record).toEqual(signedPart)
    })
    if (valid === true) survivors++
  }
  if (v1) expect(survivors).toBeLessThanOrEqual(8 * 66)
  else expect(survivors).toBe(0)
})

/** The original bytes with one byte changed. */
function mutated(original: Uint8Array): fc.Arbitrary<Uint8Array> {
  const mask = fc.integer({ min: 1, max: 255 })
  return fc
    .tuple(fc.nat(original.length - 1), mask)
    .map(([at, mask]) => original.with(at, (original[at] as number) ^ mask))
}

function* flips(original: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < original.length * 8; bit++) {
    yield original.with(bit >> 3, (original[bit >> 3] as number) ^ (1 << (bit & 7)))
  }
}

function shared(bytes: Uint8Array): Uint8Array {
  // browsers have it in isolated pages only
  if (typeof SharedArrayBuffer === 'undefined') return bytes
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}

function resizable(bytes: Uint8Array): Uint8Array {
  const make = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer
  const copy = new Uint8Array(new make(bytes.length, { maxByteLength: 2 * bytes.length }))
  copy.set(bytes)
  return copy
}

function offset(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length + 7).subarray(3, 3 + bytes.length)
  copy.set(bytes)
  return copy
}
