import { fromHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { derElement } from '@recordkit/record-codec/internal'
import { ecdsaKeys, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { ed25519Keys, generateKeyPair, importPrivateKey, keyPairFromSeed } from '../src/index.ts'
import type { KeyPair } from '../src/index.ts'
import { exportPrivateKeyPem } from '../src/pem.ts'
import { readPkcs8 } from '../src/private-key-info.ts'
import { generateRsaKeyPair, rsaKeys } from '../src/rsa.ts'
import { generateSecp256k1KeyPair, secp256k1Keys } from '../src/secp256k1.ts'
import { codeOf } from './errors.ts'

const algorithms = [ed25519Keys, secp256k1Keys, rsaKeys, ecdsaKeys]

const block = (body: string) => `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`

test.each<[string, () => Promise<KeyPair>]>([
  ['Ed25519', generateKeyPair],
  ['Secp256k1', generateSecp256k1KeyPair],
  ['RSA', generateRsaKeyPair],
  ['ECDSA on P-256', generateEcdsaKeyPair],
  ['ECDSA on P-384', () => generateEcdsaKeyPair({ curve: 'P-384' })],
  ['ECDSA on P-521', () => generateEcdsaKeyPair({ curve: 'P-521' })]
])('importPrivateKey imports the PEM that exportPrivateKeyPem exports: %s', async (_, generate) => {
  const { privateKey } = await generate()
  const pair = await importPrivateKey(exportPrivateKeyPem({ privateKey }), { algorithms })
  expect(pair.privateKey).toEqual(privateKey)
})

test('the example of RFC 8410 is imported with and without its public half', async () => {
  const without = block('MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC')
  const withPublic = block(
    'MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\noB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\nZ9w7lshQhqowtrbLDFw4rXAxZuE='
  )
  const { privateKey } = await importPrivateKey(without)
  const text = `# mine\r\n${withPublic.replaceAll('\n', '\r\n')}`
  expect((await importPrivateKey(text)).privateKey).toEqual(privateKey)
  expect(exportPrivateKeyPem({ privateKey })).toBe(without)
})

test('a PEM with a public half that belongs to another seed is refused', async () => {
  const other = block(
    'MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhD\noB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\nZ9w7lshQhqowtrbLDFw4rXAxZuE='
  )
  expect(await codeOf(() => importPrivateKey(other))).toBe('PRIVATE_KEY_INVALID')
})

test('text without a valid private key is refused', async () => {
  const pem = exportPrivateKeyPem(await keyPairFromSeed(new Uint8Array(32)))
  for (const text of [
    '',
    'text',
    block(''),
    block('!'),
    block('MC4C'),
    pem.replace('MC4', 'MC5'),
    pem.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE')
  ]) {
    expect(await codeOf(() => importPrivateKey(text)), text).toBe('PRIVATE_KEY_INVALID')
  }
  expect(await codeOf(() => importPrivateKey(undefined as never))).toBe('INVALID_ARGUMENT')
})

describe('PKCS#8', () => {
  const integer = (...bytes: readonly number[]) => derElement(2, Uint8Array.from(bytes))
  const seed = derElement(4, new Uint8Array(32).fill(1))
  const ed25519 = fromHex('300506032b6570')
  const rsaEncryption = fromHex('300d06092a864886f70d0101010500')
  const elliptic = (curve: string) => derElement(0x30, fromHex('06072a8648ce3d0201'), fromHex(curve))
  const sec1 = (size: number, ...more: readonly Uint8Array[]) =>
    derElement(0x30, integer(1), derElement(4, new Uint8Array(size).fill(5)), ...more)
  const curves = ['06082a8648ce3d030107', '06052b81040022', '06052b81040023'] as const
  const bitcoin = '06052b8104000a'

  test.each([
    ['Ed25519', ed25519, seed],
    ['RSA', rsaEncryption, Uint8Array.of(0x30, 0)],
    ['ECDSA', elliptic(curves[0]), sec1(32)],
    ['ECDSA', elliptic(curves[1]), sec1(48)],
    ['ECDSA', elliptic(curves[2]), sec1(66)],
    ['Secp256k1', elliptic(bitcoin), sec1(32)]
  ])('of %s is decoded in both versions, and other versions are refused', async (type, algorithm, key) => {
    for (const version of [0, 1]) {
      expect(readPkcs8(derElement(0x30, integer(version), algorithm, derElement(4, key))).type).toBe(type)
    }
    for (const version of [integer(2), integer(0x7f), integer(), integer(0, 0), new Uint8Array(0)]) {
      const bytes = derElement(0x30, version, algorithm, derElement(4, key))
      expect(await codeOf(() => readPkcs8(bytes))).toBe('PRIVATE_KEY_INVALID')
    }
  })

  test('is decoded to the private key as libp2p encodes it', () => {
    const read = (algorithm: Uint8Array, key: Uint8Array) =>
      readPkcs8(derElement(0x30, integer(0), algorithm, derElement(4, key)))
    expect(read(ed25519, seed)).toEqual({ type: 'Ed25519', data: seed.subarray(2) })
    expect(read(rsaEncryption, seed)).toEqual({ type: 'RSA', data: seed })
    expect(read(elliptic(bitcoin), sec1(32))).toEqual({ type: 'Secp256k1', data: new Uint8Array(32).fill(5) })
    // SEC 1 in PKCS#8 may omit its curve, which libp2p includes
    for (const [index, size] of [32, 48, 66].entries()) {
      const named = sec1(size, derElement(0xa0, fromHex(curves[index] as string)))
      expect(read(elliptic(curves[index] as string), sec1(size))).toEqual({ type: 'ECDSA', data: named })
    }
  })

  test('that names another curve than its key has is refused', async () => {
    for (const [outer, name] of curves.entries()) {
      for (const [inner, size] of [32, 48, 66].entries()) {
        const bytes = derElement(0x30, integer(0), elliptic(name), derElement(4, sec1(size)))
        expect(await codeOf(() => readPkcs8(bytes))).toBe(outer === inner ? 'ok' : 'PRIVATE_KEY_INVALID')
      }
    }
    const p256 = derElement(0x30, integer(0), elliptic(`${curves[0]}00`), derElement(4, sec1(32)))
    expect(await codeOf(() => readPkcs8(p256))).toBe('PRIVATE_KEY_INVALID')
  })

  test.each([
    ['nothing', new Uint8Array(0)],
    ['another element', derElement(0x31, integer(0), ed25519, derElement(4, seed))],
    ['a byte after it', Uint8Array.of(...derElement(0x30, integer(0), ed25519, derElement(4, seed)), 0)],
    ['a byte after its parts', derElement(0x30, integer(0), ed25519, derElement(4, seed), Uint8Array.of(0))],
    ['no algorithm', derElement(0x30, integer(0), derElement(4, seed))],
    ['no key', derElement(0x30, integer(0), ed25519)],
    ['an algorithm without an identifier', derElement(0x30, integer(0), Uint8Array.of(0x30, 0), derElement(4, seed))],
    [
      'an algorithm that libp2p does not have',
      derElement(0x30, integer(0), fromHex('300506032b6571'), derElement(4, seed))
    ],
    ['a short seed', derElement(0x30, integer(0), ed25519, derElement(4, derElement(4, new Uint8Array(31))))],
    ['a long seed', derElement(0x30, integer(0), ed25519, derElement(4, derElement(4, new Uint8Array(33))))],
    ['a bare seed', derElement(0x30, integer(0), ed25519, derElement(4, new Uint8Array(32)))],
    [
      'a public key before the attributes',
      derElement(0x30, integer(1), ed25519, derElement(4, seed), fromHex('8100'), fromHex('a000'))
    ]
  ])('with %s is refused', async (_, bytes) => {
    expect(await codeOf(() => readPkcs8(bytes))).toBe('PRIVATE_KEY_INVALID')
  })

  test('is decoded with and without attributes and a public key', () => {
    const key = derElement(4, seed)
    const point = derElement(0x81, Uint8Array.of(0), new Uint8Array(32).fill(3))
    for (const [more, publicKey] of [
      [[], undefined],
      [[fromHex('a000')], undefined],
      [[point], new Uint8Array(32).fill(3)],
      [[fromHex('a000'), point], new Uint8Array(32).fill(3)]
    ] as const) {
      const read = readPkcs8(derElement(0x30, integer(1), ed25519, key, ...more))
      expect(read.publicKey).toEqual(publicKey)
    }
  })
})

test('exportPrivateKeyPem returns lines of at most 64 letters, with a line break at the end', async () => {
  for (const pair of [await generateRsaKeyPair(), await generateSecp256k1KeyPair()]) {
    const lines = exportPrivateKeyPem(pair).split('\n')
    expect([lines[0], lines.at(-2), lines.at(-1)]).toEqual([
      '-----BEGIN PRIVATE KEY-----',
      '-----END PRIVATE KEY-----',
      ''
    ])
    const body = lines.slice(1, -2)
    expect(body.slice(0, -1).every(({ length }) => length === 64)).toBe(true)
    expect(body.at(-1)?.length).toBeLessThanOrEqual(64)
  }
})

test('importPrivateKey ignores white space inside a PEM block and text around it', async () => {
  const pair = await keyPairFromSeed(new Uint8Array(32).fill(2))
  const [begin, body, end] = exportPrivateKeyPem(pair).split('\n') as [string, string, string]
  const spaced = body.split('').join('\n \t\r')
  const { privateKey } = await importPrivateKey(`before ${begin}${spaced}${end} after`)
  expect(privateKey).toEqual(pair.privateKey)
})

test('the error for a block that is not base64 has a cause, the error for text without a block has none', async () => {
  const refused = async (text: string) => importPrivateKey(text).catch((error: Error) => error)
  expect(await refused(block('MC4C*'))).toMatchObject({ code: 'PRIVATE_KEY_INVALID', cause: expect.anything() })
  const none = await refused('text')
  expect(none).toMatchObject({ code: 'PRIVATE_KEY_INVALID' })
  expect(none).not.toHaveProperty('cause')
})
