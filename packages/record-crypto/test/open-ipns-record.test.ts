import { encodeIpnsData, encodeIpnsRecord, ipnsSigningInput, peerIdFromDigest } from '@recordkit/record-codec'
import { isRecordError } from '@recordkit/record-types'
import { expect, test } from 'vitest'
import { ed25519Native } from '../src/ed25519-native.ts'
import { ed25519Portable } from '../src/ed25519-portable.ts'
import { keyPairFromSeed, openIpnsRecord, createIpnsRecord } from '../src/index.ts'
import { secp256k1, secp256k1KeyPair } from '../src/secp256k1.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const signer = await keyPairFromSeed(new Uint8Array(32).fill(7))
const stranger = await keyPairFromSeed(new Uint8Array(32).fill(8))
const name = signer.peerId
const validity = 1_790_000_000_000_000_001n
const content = { signer, value: '/ipfs/x', sequence: 5n, validity }
const bytes = await signIpnsRecord(content)

async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run()
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  return 'nothing was thrown'
}

test.each([undefined, [ed25519Native], [ed25519Portable]])(
  'opens what the key of the name signed',
  async (algorithms) => {
    const options = { name, now: validity, ...(algorithms && { algorithms }) }
    for (const v1Compatible of [true, false]) {
      const record = await openIpnsRecord(await createIpnsRecord({ ...content }, { v1Compatible }), options)
      expect(record).toMatchObject({ sequence: 5n, validity, value: utf8('/ipfs/x') })
    }
  }
)

test('opens names of Secp256k1 keys with their algorithm, and not without', async () => {
  const pair = await secp256k1KeyPair({ type: 'Secp256k1', data: new Uint8Array(32).fill(1) })
  const other = await createIpnsRecord({ ...content }, { signer: pair })
  const options = { name: pair.peerId, now: validity }
  expect((await openIpnsRecord(other, { ...options, algorithms: [secp256k1] })).sequence).toBe(5n)
  expect(await codeOf(() => openIpnsRecord(other, options))).toBe('ALGORITHM_MISSING')
})

test('its very last instant counts, the next does not', async () => {
  expect(await codeOf(() => openIpnsRecord(bytes, { name, now: validity }))).toBe('nothing was thrown')
  expect(await codeOf(() => openIpnsRecord(bytes, { name, now: validity + 1n }))).toBe('EXPIRED')
})

test("refuses another name's record, and a signature over anything else", async () => {
  expect(await codeOf(() => openIpnsRecord(bytes, { name: stranger.peerId, now: 0n }))).toBe('SIGNATURE_INVALID')
  const data = encodeIpnsData({ value: utf8('/ipfs/y'), sequence: 5n, validity, ttl: 1n })
  const signatureV2 = await signer.sign(data)
  expect(await codeOf(() => openIpnsRecord(encodeIpnsRecord({ data, signatureV2 }), { name, now: 0n }))).toBe(
    'SIGNATURE_INVALID'
  )
})

test("refuses an embedded key that is not the name's, whoever signed", async () => {
  const data = encodeIpnsData({ value: utf8('/ipfs/y'), sequence: 5n, validity, ttl: 1n })
  for (const [key, expected] of [
    [signer, 'nothing was thrown'],
    [stranger, 'PUBLIC_KEY_MISMATCH']
  ] as const) {
    const publicKey = key.peerId.subarray(2)
    const record = encodeIpnsRecord({ data, signatureV2: await signer.sign(ipnsSigningInput(data)), publicKey })
    expect(await codeOf(() => openIpnsRecord(record, { name, now: 0n }))).toBe(expected)
  }
})

test('says that it needs a name that holds its key', async () => {
  const hashed = peerIdFromDigest(new Uint8Array(32))
  expect(await codeOf(() => openIpnsRecord(bytes, { name: hashed, now: 0n }))).toBe('PUBLIC_KEY_NOT_FOUND')
  expect(await codeOf(() => openIpnsRecord(bytes, { name: utf8('x'), now: 0n }))).toBe('PEER_ID_INVALID')
  expect(await codeOf(() => openIpnsRecord(bytes, { name: 'k51' as never, now: 0n }))).toBe('INVALID_ARGUMENT')
})

test('reads at most what it is told to', async () => {
  expect(await codeOf(() => openIpnsRecord(bytes, { name, now: 0n, limit: bytes.length - 1 }))).toBe('TOO_LARGE')
  expect(await codeOf(() => openIpnsRecord(bytes, { name, now: 0n, limit: bytes.length }))).toBe('nothing was thrown')
})

test('an aborted signal is thrown as it is', async () => {
  const reason = new Error('enough')
  await expect(openIpnsRecord(bytes, { name, now: 0n, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('what is too large for any reader is not signed', async () => {
  const extra = new Map([['more', utf8('x'.repeat(10_240))]])
  expect(await codeOf(() => createIpnsRecord({ ...content, extra }))).toBe('TOO_LARGE')
})
