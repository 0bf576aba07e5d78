import { isRecordError } from '@recordkit/record-types'
import { expect, test } from 'vitest'
import { generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { generateKeyPair, keyPairFromSeed } from '../src/index.ts'
import type { KeyPair } from '../src/index.ts'
import { exportPrivateKeyPem, importPrivateKeyPem } from '../src/pem.ts'
import { generateRsaKeyPair } from '../src/rsa.ts'
import { generateSecp256k1KeyPair } from '../src/secp256k1.ts'

async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
  return 'nothing was thrown'
}

const block = (body: string) => `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`

test.each<[string, () => Promise<KeyPair>]>([
  ['Ed25519', generateKeyPair],
  ['Secp256k1', generateSecp256k1KeyPair],
  ['RSA', generateRsaKeyPair],
  ['ECDSA on P-256', generateEcdsaKeyPair],
  ['ECDSA on P-384', () => generateEcdsaKeyPair({ curve: 'P-384' })],
  ['ECDSA on P-521', () => generateEcdsaKeyPair({ curve: 'P-521' })]
])('a private key comes back from PEM: %s', async (_, generate) => {
  const { privateKey } = await generate()
  expect(await importPrivateKeyPem(exportPrivateKeyPem({ privateKey }))).toEqual(privateKey)
})

test('the example of RFC 8410 is read, with and without its public half', async () => {
  const without = block('MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC')
  const withPublic = block(
    'MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\noB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\nZ9w7lshQhqowtrbLDFw4rXAxZuE='
  )
  const key = await importPrivateKeyPem(without)
  expect(await importPrivateKeyPem(`# mine\r\n${withPublic.replaceAll('\n', '\r\n')}`)).toEqual(key)
  expect(exportPrivateKeyPem({ privateKey: key })).toBe(without)
})

test('a public half that belongs to another seed is refused', async () => {
  const other = block(
    'MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhD\noB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\nZ9w7lshQhqowtrbLDFw4rXAxZuE='
  )
  expect(await codeOf(() => importPrivateKeyPem(other))).toBe('PRIVATE_KEY_INVALID')
})

test('text that holds no readable private key is refused', async () => {
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
    expect(await codeOf(() => importPrivateKeyPem(text)), text).toBe('PRIVATE_KEY_INVALID')
  }
  expect(await codeOf(() => importPrivateKeyPem(undefined as never))).toBe('INVALID_ARGUMENT')
})
