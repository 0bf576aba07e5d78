import { createPrivateKey, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { ecdsa, ecdsaKeys, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { ed25519, ed25519Keys, generateKeyPair, importPrivateKey } from '../src/index.ts'
import type { KeyPair } from '../src/index.ts'
import { exportPrivateKeyPem } from '../src/pem.ts'
import { generateRsaKeyPair, rsa, rsaKeys } from '../src/rsa.ts'
import { generateSecp256k1KeyPair, secp256k1, secp256k1Keys } from '../src/secp256k1.ts'

const message = new TextEncoder().encode('a message')

const types = [
  { type: 'Ed25519', hash: null, generate: generateKeyPair, keys: ed25519Keys, algorithm: ed25519 },
  {
    type: 'Secp256k1',
    hash: 'sha256',
    generate: generateSecp256k1KeyPair,
    keys: secp256k1Keys,
    algorithm: secp256k1
  },
  { type: 'RSA', hash: 'sha256', generate: generateRsaKeyPair, keys: rsaKeys, algorithm: rsa },
  { type: 'ECDSA', hash: 'sha256', generate: generateEcdsaKeyPair, keys: ecdsaKeys, algorithm: ecdsa }
] as const

test.each(types)(
  'OpenSSL imports the PEM of a key of type $type and verifies its signatures',
  async ({ hash, generate }) => {
    const pair: KeyPair = await generate()
    const publicKey = createPublicKey(createPrivateKey(exportPrivateKeyPem(pair)))
    expect(verify(hash, message, publicKey, await pair.sign(message))).toBe(true)
  }
)

test.each([
  ['Ed25519', () => generateKeyPairSync('ed25519'), 0],
  ['secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }), 1],
  ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 3072 }), 2],
  ['P-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), 3],
  ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }), 3],
  ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }), 3]
] as const)('importPrivateKey imports a PEM of OpenSSL: %s', async (_, generate, index) => {
  const made = generate()
  const { hash, keys, algorithm } = types[index]
  const pem = made.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  const pair = await importPrivateKey(pem, { algorithms: [keys] })
  const signature = await pair.sign(message)
  expect(verify(hash, message, made.publicKey, signature)).toBe(true)
  expect(await algorithm.verify(pair.publicKey.data, message, signature)).toBe(true)
})
