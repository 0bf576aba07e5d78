import { afterEach, expect, test, vi } from 'vitest'
import { generatePortableKeyPair } from '../src/ed25519-portable.ts'
import { generateKeyPair, keyPairFromSeed } from '../src/index.ts'
import { exportEncryptedPrivateKeyPem } from '../src/pem.ts'
import { generateSecp256k1KeyPair, secp256k1, secp256k1Keys } from '../src/secp256k1.ts'

const message = Uint8Array.of(1, 2, 3)
const pair = await keyPairFromSeed(new Uint8Array(32).fill(7))

afterEach(() => vi.unstubAllGlobals())

test.each([
  ['generateKeyPair', generateKeyPair],
  ['generatePortableKeyPair', generatePortableKeyPair],
  ['generateSecp256k1KeyPair', generateSecp256k1KeyPair],
  ['exportEncryptedPrivateKeyPem', () => exportEncryptedPrivateKeyPem(pair, { passphrase: 'secret' })]
])('%s without `crypto` throws ALGORITHM_MISSING that names what is missing', async (_, generate) => {
  vi.stubGlobal('crypto', undefined)
  const missing = { code: 'ALGORITHM_MISSING', message: expect.stringContaining('crypto.getRandomValues') }
  await expect(generate()).rejects.toMatchObject(missing)
})

test('Secp256k1 signs without `crypto`, the same signature as with it', async () => {
  const signer = await secp256k1Keys.keyPair(new Uint8Array(32).fill(9))
  const signature = await signer.sign(message)
  vi.stubGlobal('crypto', undefined)
  expect(await signer.sign(message)).toEqual(signature)
  expect(await secp256k1.verify(signer.publicKey.data, message, signature)).toBe(true)
})
