import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pbkdf2 } from '@libp2p/crypto'
import { generateKeyPair as generateLibp2pKey, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { keychain } from '@libp2p/keychain'
import { defaultLogger } from '@libp2p/logger'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { afterAll, describe, expect, test } from 'vitest'
import { ecdsaKeys, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { ed25519Keys, exportPrivateKey, generateKeyPair, importPrivateKey } from '../src/index.ts'
import type { KeyPair } from '../src/index.ts'
import { saveSigner } from '../src/key-files.ts'
import { exportEncryptedPrivateKeyPem } from '../src/pem.ts'
import { generateRsaKeyPair, rsaKeys } from '../src/rsa.ts'
import { generateSecp256k1KeyPair, secp256k1Keys } from '../src/secp256k1.ts'
import { errorOf } from './errors.ts'

const algorithms = [ed25519Keys, secp256k1Keys, rsaKeys, ecdsaKeys]
const passphrase = 'correct horse'
const message = new TextEncoder().encode('a message')
const types: readonly (readonly [string, () => Promise<KeyPair>])[] = [
  ['Ed25519', generateKeyPair],
  ['Secp256k1', generateSecp256k1KeyPair],
  ['RSA', generateRsaKeyPair],
  ['ECDSA', generateEcdsaKeyPair]
]
const directory = mkdtempSync(join(tmpdir(), 'recordkit-keys-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** Runs the openssl of the machine. Its errors are not shown. */
const openssl = (...args: readonly string[]): string =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

const hasOpenssl = (() => {
  try {
    return openssl('version').startsWith('OpenSSL 3')
  } catch {
    return false
  }
})()

describe.skipIf(!hasOpenssl)('the openssl program', () => {
  const file = join(directory, 'ours.pem')

  /** Expects that openssl decrypts the file to the private key. */
  const expectDecrypted = async ({ privateKey }: KeyPair): Promise<void> => {
    const pem = openssl('pkey', '-in', file, '-passin', `pass:${passphrase}`)
    expect((await importPrivateKey(pem, { algorithms })).privateKey).toEqual(privateKey)
  }

  test.each(types)('decrypts what is encrypted here: %s', async (_, generate) => {
    const pair = await generate()
    writeFileSync(file, await exportEncryptedPrivateKeyPem(pair, { passphrase }))
    await expectDecrypted(pair)
  })

  test('decrypts a key file, and not with another passphrase', async () => {
    const pair = await generateKeyPair()
    await saveSigner(file, pair, { passphrase, replace: true })
    await expectDecrypted(pair)
    expect(() => openssl('pkey', '-in', file, '-passin', 'pass:wrong')).toThrow()
  })

  const ed25519 = ['-algorithm', 'ed25519']
  const rsa = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']
  const p384 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384']
  const secp256k1 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1']

  // the encryption does not know what it encrypts: each kind of key and each encryption once, and all kinds with the default
  test.each([
    ['Ed25519 by the default', ed25519, []],
    ['RSA by the default', rsa, []],
    ['ECDSA by the default', p384, []],
    ['secp256k1 by the default', secp256k1, []],
    ['Ed25519 by scrypt', ed25519, ['-scrypt']],
    ['RSA by scrypt with other parameters', rsa, ['-scrypt', '-scrypt_N', '1024', '-scrypt_r', '4', '-scrypt_p', '3']],
    ['ECDSA by PBKDF2 and AES-128', p384, ['-v2', 'aes-128-cbc', '-v2prf', 'hmacWithSHA1']],
    ['secp256k1 by PBKDF2 and AES-192', secp256k1, ['-v2', 'aes-192-cbc', '-v2prf', 'hmacWithSHA384']],
    ['Ed25519 by PBKDF2 and AES-256', ed25519, ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA512', '-iter', '10000']]
  ])('encrypts keys that importPrivateKey decrypts: %s', async (_, kind, encryption) => {
    const [plain, file] = [join(directory, 'plain.pem'), join(directory, 'theirs.pem')]
    openssl('genpkey', ...kind, '-out', plain)
    const expected = await importPrivateKey(readFileSync(plain, 'utf8'), { algorithms })
    for (const form of ['PEM', 'DER']) {
      const output = ['-passout', `pass:${passphrase}`, ...encryption, '-outform', form, '-out', file]
      openssl('pkcs8', '-topk8', '-in', plain, ...output)
      const imported = await importPrivateKey(readFileSync(file), { algorithms, passphrase })
      expect(imported.privateKey).toEqual(expected.privateKey)
    }
    const wrong = await errorOf(() => importPrivateKey(readFileSync(file), { algorithms, passphrase: 'wrong' }))
    expect(wrong.code).toBe('PASSPHRASE_WRONG')
  })
})

test.each(types)('node:crypto decrypts what is encrypted here: %s', async (_, generate) => {
  const pair = await generate()
  const pem = await exportEncryptedPrivateKeyPem(pair, { passphrase })
  const key = createPrivateKey({ key: pem, passphrase })
  const again = await importPrivateKey(key.export({ format: 'pem', type: 'pkcs8' }), { algorithms })
  expect(again.privateKey).toEqual(pair.privateKey)
  expect(createPublicKey(key).asymmetricKeyType).toBeDefined()
})

describe('js-libp2p', () => {
  const libp2pTypes = ['Ed25519', 'secp256k1', 'RSA', 'ECDSA'] as const

  test.each(libp2pTypes)(
    'makes keys that importPrivateKey imports as objects, raw bytes and protobuf: %s',
    async (type) => {
      const key = await generateLibp2pKey(type as 'Ed25519')
      const imported = await importPrivateKey(key, { algorithms })
      // js-libp2p's signatures of ECDSA are not DER
      if (type !== 'ECDSA') expect(await key.publicKey.verify(message, await imported.sign(message))).toBe(true)
      expect((await importPrivateKey(privateKeyToProtobuf(key), { algorithms })).peerId).toEqual(imported.peerId)
      // 32 bytes can also be a seed of Ed25519
      if (type !== 'secp256k1')
        expect((await importPrivateKey(key.raw, { algorithms })).peerId).toEqual(imported.peerId)
      expect(privateKeyFromProtobuf(exportPrivateKey(imported)).publicKey.equals(key.publicKey)).toBe(true)
      for (const wrong of [key.publicKey, key.publicKey.toCID()])
        expect((await errorOf(() => importPrivateKey(wrong as never))).code).toBe('INVALID_ARGUMENT')
    }
  )

  test.each(libp2pTypes)('encrypts keys in its keychain that importPrivateKey decrypts: %s', async (type) => {
    const datastore = new MemoryDatastore()
    const pass = 'a passphrase of 20 characters'
    const dek = { salt: 'a salt of some length', iterationCount: 10_000, keyLength: 64, hash: 'sha2-512' }
    const chain = keychain({ pass, dek })({ datastore, logger: defaultLogger() })
    const key = await generateLibp2pKey(type as 'Ed25519')
    await chain.importKey('mine', key)
    const text = new TextDecoder().decode(await datastore.get(new Key('/pkcs8/mine')))
    expect(text.startsWith(type === 'RSA' ? '-----BEGIN ENCRYPTED PRIVATE KEY-----' : 'm')).toBe(true)
    const derived = pbkdf2(pass, dek.salt, dek.iterationCount, dek.keyLength, dek.hash)
    const imported = await importPrivateKey(text, { algorithms, passphrase: derived })
    expect(privateKeyFromProtobuf(exportPrivateKey(imported)).publicKey.equals(key.publicKey)).toBe(true)
    expect((await errorOf(() => importPrivateKey(text, { algorithms }))).code).toBe('PASSPHRASE_MISSING')
    const wrong = await errorOf(() => importPrivateKey(text, { algorithms, passphrase: pass }))
    expect(wrong.code).toBe('PASSPHRASE_WRONG')
    const cut = await errorOf(() => importPrivateKey(text.slice(0, -4), { algorithms, passphrase: derived }))
    expect(cut.code).toMatch(/^(PRIVATE_KEY_INVALID|PASSPHRASE_WRONG)$/)
  })

  test('imports a key of ours into its keychain', async () => {
    const pair = await generateKeyPair()
    const chain = keychain({
      pass: 'a passphrase of 20 characters',
      dek: { salt: 'a salt of some length', iterationCount: 1000, keyLength: 64, hash: 'sha2-512' }
    })({
      datastore: new MemoryDatastore(),
      logger: defaultLogger()
    })
    await chain.importKey('ours', privateKeyFromProtobuf(exportPrivateKey(pair)))
    expect((await importPrivateKey(await chain.exportKey('ours'))).peerId).toEqual(pair.peerId)
  })
})
