import { encodePublicKey, peerIdToString } from '@recordkit/record-codec'
import { derElement } from '@recordkit/record-codec/internal'
import { fromHex, toHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { fromBase64, toBase64 } from '@recordkit/record-types/internal'
import { ecdsaKeys } from '../src/ecdsa.ts'
import { ed25519Keys, exportPrivateKey, generateKeyPair, importPrivateKey, keyPairFromSeed } from '../src/index.ts'
import type { KeyPair } from '../src/index.ts'
import { exportEncryptedPrivateKeyPem, exportPrivateKeyPem } from '../src/pem.ts'
import { rsaKeys } from '../src/rsa.ts'
import { secp256k1Keys } from '../src/secp256k1.ts'
import { errorOf } from './errors.ts'
import { encrypted, others, passphrase, unencrypted } from '@recordkit/testing/openssl-keys'

const algorithms = [ed25519Keys, rsaKeys, ecdsaKeys, secp256k1Keys]
const message = new TextEncoder().encode('a message')
const derOf = (pem: string): Uint8Array => fromBase64(pem.replaceAll(/-----.*-----|\s/g, ''))
const pemBlock = (label: string): string => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`
const pair = await keyPairFromSeed(new Uint8Array(32).fill(7))

async function expectSame(imported: KeyPair, expected: KeyPair): Promise<void> {
  expect(imported.privateKey).toEqual(expected.privateKey)
  expect(imported.peerId).toEqual(expected.peerId)
  expect((await imported.sign(message)).length).toBeGreaterThan(0)
}

/** `pair`, encrypted with one iteration of PBKDF2, SHA-1, and AES-128-GCM with a tag of 12 bytes. */
async function gcmWithPbkdf2(): Promise<Uint8Array> {
  const salt = new Uint8Array(16)
  const iv = new Uint8Array(12)
  const base = await crypto.subtle.importKey('raw', new TextEncoder().encode(passphrase), 'PBKDF2', false, [
    'deriveBits'
  ])
  const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', salt, iterations: 1, hash: 'SHA-1' }, base, 128)
  const key = await crypto.subtle.importKey('raw', bits, 'AES-GCM', false, ['encrypt'])
  const pkcs8 = new Uint8Array(derOf(exportPrivateKeyPem(pair)))
  const data = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, tagLength: 96 }, key, pkcs8))
  const kdf = derElement(0x30, derElement(4, salt), derElement(2, [1]))
  const parameters = derElement(
    0x30,
    derElement(0x30, fromHex('06092a864886f70d01050c'), kdf),
    derElement(0x30, fromHex('0609608648016503040106'), derElement(0x30, derElement(4, iv)))
  )
  return derElement(0x30, derElement(0x30, fromHex('06092a864886f70d01050d'), parameters), derElement(4, data))
}

describe('importPrivateKey', () => {
  test.each(Object.entries(unencrypted))('imports PEM and DER of OpenSSL: %s', async (name, pem) => {
    const imported = await importPrivateKey(pem, { algorithms })
    await expectSame(await importPrivateKey(exportPrivateKey(imported), { algorithms }), imported)
    await expectSame(await importPrivateKey(new TextEncoder().encode(pem), { algorithms }), imported)
    if (name.includes('EC PARAMETERS')) return
    await expectSame(await importPrivateKey(derOf(pem), { algorithms }), imported)
  })

  test.each(Object.entries(encrypted))('decrypts PEM and DER of OpenSSL: %s', async (_, pem) => {
    const expected = await importPrivateKey(unencrypted.ed25519)
    for (const key of [pem, derOf(pem), `Bag Attributes: ä\r\n${pem.replaceAll('\n', '\r\n')}`]) {
      await expectSame(await importPrivateKey(key, { passphrase }), expected)
      expect((await errorOf(() => importPrivateKey(key))).code).toBe('PASSPHRASE_MISSING')
      expect((await errorOf(() => importPrivateKey(key, { passphrase: 'wrong' }))).code).toBe('PASSPHRASE_WRONG')
    }
    await expectSame(await importPrivateKey(pem, { passphrase: new TextEncoder().encode(passphrase) }), expected)
  })

  test.each(['AES-256-CBC', 'AES-256-GCM', undefined] as const)(
    'decrypts what is encrypted here: %s',
    async (cipher) => {
      const pem = await exportEncryptedPrivateKeyPem(pair, { passphrase: 'pässphrase', cipher })
      expect(pem).toMatch(
        /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n([\w+/=]{1,64}\n)+-----END ENCRYPTED PRIVATE KEY-----\n$/
      )
      await expectSame(await importPrivateKey(pem, { passphrase: 'pässphrase' }), pair)
      expect((await errorOf(() => importPrivateKey(pem, { passphrase: 'pa' }))).code).toBe('PASSPHRASE_WRONG')
      // salt and initialization vector are random
      expect(await exportEncryptedPrivateKeyPem(pair, { passphrase: 'pässphrase', cipher })).not.toBe(pem)
    }
  )

  test('decrypts AES-GCM with the shorter tag that RFC 5084 defaults to', async () => {
    await expectSame(await importPrivateKey(await gcmWithPbkdf2(), { passphrase }), pair)
  })

  test('ignores a passphrase for a key that is not encrypted', async () => {
    await expectSame(await importPrivateKey(exportPrivateKeyPem(pair), { passphrase: 'unused' }), pair)
  })

  test.each(['', new Uint8Array(0), 7 as never, null as never])('rejects the passphrase %j', async (wrong) => {
    const error = { code: 'INVALID_ARGUMENT', message: expect.stringMatching(/^passphrase is /) }
    const pem = encrypted['AES-256-CBC, scrypt']
    expect(await errorOf(() => importPrivateKey(pem, { passphrase: wrong }))).toMatchObject(error)
    expect(await errorOf(() => exportEncryptedPrivateKeyPem(pair, { passphrase: wrong }))).toMatchObject(error)
  })

  test('rejects an unknown cipher', async () => {
    const wrong = { passphrase, cipher: 'DES' as never }
    expect(await errorOf(() => exportEncryptedPrivateKeyPem(pair, wrong))).toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('imports the raw bytes and the PrivateKey objects of js-libp2p', async () => {
    await expectSame(await importPrivateKey(pair.privateKey.data), pair)
    for (const [type, made] of [
      ['Ed25519', pair],
      ['secp256k1', await importPrivateKey(unencrypted['SEC 1, secp256k1'], { algorithms })],
      ['RSA', await importPrivateKey(unencrypted['PKCS#1'], { algorithms })],
      ['ECDSA', await importPrivateKey(unencrypted['SEC 1, P-256'], { algorithms })]
    ] as const)
      await expectSame(await importPrivateKey({ type, raw: made.privateKey.data }, { algorithms }), made)
  })

  test('distinguishes SEC 1 of 64 bytes from an Ed25519 key', async () => {
    const made = await importPrivateKey(unencrypted['SEC 1, P-384'], { algorithms })
    const sec1 = derElement(0x30, made.privateKey.data.subarray(3, 3 + 53), derElement(0xa0, fromHex('06052b81040022')))
    expect(sec1).toHaveLength(64)
    expect((await importPrivateKey(sec1, { algorithms })).publicKey).toEqual(made.publicKey)
  })

  test('rejects 64 bytes whose halves do not belong together', async () => {
    const data = Uint8Array.from(pair.privateKey.data)
    data[63] = (data[63] as number) ^ 1
    expect((await errorOf(() => importPrivateKey(data))).code).toBe('PRIVATE_KEY_INVALID')
  })

  test('imports the protobuf as base64, with and without padding, and as multibase', async () => {
    const base64 = toBase64(exportPrivateKey(pair))
    for (const text of [base64, base64.replaceAll('=', ''), `m${base64.replaceAll('=', '')}`, ` ${base64}\n`])
      await expectSame(await importPrivateKey(text), pair)
  })

  test('does not read the bytes of the caller after it returned', async () => {
    const bytes = derOf(encrypted['AES-256-CBC, scrypt'])
    const pending = importPrivateKey(bytes, { passphrase })
    bytes.fill(0)
    await expectSame(await pending, await importPrivateKey(unencrypted.ed25519))
  })
})

describe('importPrivateKey names what it found:', () => {
  const peerId = peerIdToString(pair.peerId)
  test.each<[string, unknown, RegExp]>([
    ['a certificate', others.certificate, /found a PEM block "CERTIFICATE"; a private key is expected/],
    ['a certificate as DER', derOf(others.certificate), /found an X\.509 certificate/],
    ['a public key', others['public key'], /found a PEM block "PUBLIC KEY"/],
    ['a public key as DER', derOf(others['public key']), /found a public key \(SPKI\)/],
    ['a block named as a member of all objects', pemBlock('constructor'), /found a PEM block "constructor"/],
    ['a block named as the prototype', pemBlock('__proto__'), /found a PEM block "__proto__"/],
    ['a block with control characters', pemBlock('\u001B[31m'), /found a PEM block "\\u\{1b\}\[31m"/],
    ['an OpenSSH private key', others['OpenSSH private key'], /found a PEM block "OPENSSH PRIVATE KEY"/],
    ['an OpenSSH public key', others['OpenSSH public key'], /found an OpenSSH public key/],
    ['an X25519 key', others.X25519, /the algorithm 1\.3\.101\.110; Ed25519/],
    ['an Ed448 key', others.Ed448, /the algorithm 1\.3\.101\.113/],
    ['a key on P-224', others['P-224'], /the curve 1\.3\.132\.0\.33/],
    [
      'the old encryption of OpenSSL',
      others['old encryption'],
      /old format of OpenSSL; convert it with `openssl pkcs8/
    ],
    ['Triple DES', others['Triple DES'], /encrypted with 1\.2\.840\.113549\.3\.7; .*convert it with `openssl pkcs8/],
    ['PBES1', others.PBES1, /encrypted with 1\.2\.840\.113549\.1\.12\.1\.3/],
    ['a libp2p public key', encodePublicKey(pair.publicKey), /found a libp2p public key/],
    ['a libp2p public key as base64', toBase64(encodePublicKey(pair.publicKey)), /found a libp2p public key/],
    ['a peer ID', pair.peerId, /found a peer ID, which is public/],
    ['a peer ID as text', peerId, /found a peer ID or IPNS name/],
    ['an IPNS name', '/ipns/k51qzi5uqu5d', /found a peer ID or IPNS name/],
    ['32 bytes', new Uint8Array(32).fill(3), /found 32 bytes: pass \{ type: 'Secp256k1', data \}/],
    ['an empty text', ' \n', /found an empty text/],
    ['JSON', '{"privKey":"x"}', /found JSON/],
    ['an HTML page', '<!doctype html>', /found an HTML or XML document/],
    ['hexadecimal text', toHex(pair.privateKey.data), /found hexadecimal text/],
    ['a path', './author.key', /found a path: read the file with loadSigner/],
    ['other text', 'correct horse', /found other text/],
    ['long text', 'x'.repeat(70_000), /found text of 70000 characters/],
    ['text that is cut off', '-----BEGIN PRIVATE KEY-----\nMC4C', /"PRIVATE KEY" without its end: the text is cut off/],
    ['DER that is cut off', derOf(unencrypted['PKCS#1']).subarray(0, 99), /found DER that is cut off/]
  ])('%s', async (_, key, expected) => {
    const error = await errorOf(() => importPrivateKey(key as string, { algorithms }))
    expect([error.code, error.message]).toEqual(['PRIVATE_KEY_INVALID', expect.stringMatching(expected)])
  })

  test.each<[string, unknown, RegExp]>([
    ['undefined', undefined, /found undefined/],
    ['null', null, /found null/],
    ['a promise', Promise.resolve(''), /found a promise: use `await`/],
    ['a key pair', pair, /found a key pair, which is a signer already/],
    [
      'a libp2p public key',
      { type: 'Ed25519', raw: pair.publicKey.data, verify: () => true },
      /found a libp2p public key/
    ],
    ['a libp2p peer ID', { type: 'Ed25519', toMultihash: () => undefined }, /found a libp2p peer ID/],
    ['a JSON Web Key', { kty: 'OKP' }, /found a JSON Web Key/],
    ['an ArrayBuffer', new ArrayBuffer(8), /found ArrayBuffer/],
    ['another object', {}, /found an object without `type` and `data`/]
  ])('%s', async (_, key, expected) => {
    const error = await errorOf(() => importPrivateKey(key as string))
    expect([error.code, error.message]).toEqual(['INVALID_ARGUMENT', expect.stringMatching(expected)])
  })

  test('a CryptoKey', async () => {
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, false, ['encrypt'])
    expect(await errorOf(() => importPrivateKey(key as never))).toMatchObject({
      message: expect.stringMatching(/found CryptoKey/)
    })
  })
})

describe('importPrivateKey of damaged text and bytes', () => {
  test('rejects every beginning of PEM and DER with PRIVATE_KEY_INVALID', async () => {
    for (const pem of [
      unencrypted['SEC 1, P-256'],
      encrypted['AES-256-CBC, PBKDF2 with SHA-256'],
      unencrypted.ed25519
    ]) {
      // without the line break at the end it is whole
      for (let length = 0; length < pem.length - 1; length++) {
        const { code } = await errorOf(() => importPrivateKey(pem.slice(0, length), { algorithms, passphrase }))
        expect([length, code]).toEqual([length, 'PRIVATE_KEY_INVALID'])
      }
      const der = derOf(pem)
      for (let length = 1; length < der.length; length++) {
        const { code } = await errorOf(() => importPrivateKey(der.subarray(0, length), { algorithms, passphrase }))
        expect([length, code]).toEqual([length, 'PRIVATE_KEY_INVALID'])
      }
    }
  })

  test('rejects every changed byte of an encrypted key with a stable code, and AES-GCM never gives another key', async () => {
    const der = await gcmWithPbkdf2()
    for (let index = 0; index < der.length; index++) {
      const changed = Uint8Array.from(der)
      changed[index] = (changed[index] as number) ^ 0x11
      const { code } = await errorOf(() => importPrivateKey(changed, { passphrase }))
      expect([index, code]).toEqual([
        index,
        expect.stringMatching(/^(PRIVATE_KEY_INVALID|PASSPHRASE_WRONG|PROTOBUF_\w+)$/)
      ])
    }
  })

  test.each([
    ['too much memory', [0x01, 0, 0, 0], [8], /the scrypt parameters 16777216, 8, 1; their product is above/],
    // 128 r bytes for N, p and what comes with them: 2.5 GiB, although the product is 2^23
    ['large blocks', [2], [0x40, 0, 0], /the scrypt parameter r = 4194304; at most 1024/],
    ['N that is not a power of two', [3], [8], /is not PKCS#8/]
  ])('refuses scrypt with %s', async (_, n, r, expected) => {
    const kdf = derElement(
      0x30,
      fromHex('06092b06010401da47040b'),
      derElement(0x30, derElement(4, new Uint8Array(8)), derElement(2, n), derElement(2, r), derElement(2, [1]))
    )
    const cipher = derElement(0x30, fromHex('060960864801650304012a'), derElement(4, new Uint8Array(16)))
    const algorithm = derElement(0x30, fromHex('06092a864886f70d01050d'), derElement(0x30, kdf, cipher))
    const der = derElement(0x30, algorithm, derElement(4, new Uint8Array(64)))
    const error = await errorOf(() => importPrivateKey(der, { passphrase }))
    expect([error.code, error.message]).toEqual(['PRIVATE_KEY_INVALID', expect.stringMatching(expected)])
  })

  test('refuses PBKDF2 with more than ten million iterations', async () => {
    const kdf = derElement(0x30, derElement(4, new Uint8Array(8)), derElement(2, fromHex('00989681')))
    const cipher = derElement(0x30, fromHex('060960864801650304012a'), derElement(4, new Uint8Array(16)))
    const parameters = derElement(0x30, derElement(0x30, fromHex('06092a864886f70d01050c'), kdf), cipher)
    const algorithm = derElement(0x30, fromHex('06092a864886f70d01050d'), parameters)
    const error = await errorOf(() =>
      importPrivateKey(derElement(0x30, algorithm, derElement(4, new Uint8Array(64))), { passphrase })
    )
    expect(error.message).toMatch(/has 10000001 iterations; at most 10000000/)
  })

  test('rejects SEC 1 that does not name its curve', async () => {
    const sec1 = derElement(0x30, derElement(2, [1]), derElement(4, new Uint8Array(32).fill(5)))
    const error = await errorOf(() => importPrivateKey(sec1, { algorithms }))
    expect([error.code, error.message]).toEqual([
      'PRIVATE_KEY_INVALID',
      'the SEC 1 private key does not name its curve'
    ])
  })

  test('does not take long for text with many beginnings of PEM blocks', async () => {
    const text = '-----BEGIN PRIVATE KEY-----\n'.repeat(2300)
    expect((await errorOf(() => importPrivateKey(text))).code).toBe('PRIVATE_KEY_INVALID')
  })

  test('errors do not quote the key', async () => {
    const made = await generateKeyPair()
    const secret = toBase64(made.privateKey.data.subarray(0, 30)).slice(0, 20)
    for (const text of [
      toBase64(made.privateKey.data),
      `-----BEGIN X-----${toBase64(made.privateKey.data)}-----END X-----`
    ])
      expect((await errorOf(() => importPrivateKey(text))).message).not.toContain(secret)
  })
})
