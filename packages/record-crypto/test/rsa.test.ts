import { describe, expect, test } from 'vitest'
import { rsa } from '../src/rsa.ts'
import { rsaWebCrypto } from './page-paths.ts'

const message = new Uint8Array([1, 2, 3])

async function signedBy(modulusLength: number): Promise<[Uint8Array, Uint8Array, Uint8Array]> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength,
    publicExponent: Uint8Array.of(1, 0, 1)
  }
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const signature = await crypto.subtle.sign(algorithm.name, privateKey, message)
  return [new Uint8Array(await crypto.subtle.exportKey('spki', publicKey)), message, new Uint8Array(signature)]
}

describe.each([
  ['rsa', rsa],
  ['rsa by WebCrypto', rsaWebCrypto]
])('%s', (_, algorithm) => {
  test.each([
    [1024, false],
    [2040, false],
    [2048, true],
    [2056, true]
  ])('accepts or refuses a valid signature by a key of %i bits', async (bits, expected) => {
    expect(await algorithm.verify(...(await signedBy(bits)))).toBe(expected)
  })

  test('refuses a signature with a zero before or after it', async () => {
    const [publicKey, , signature] = await signedBy(2048)
    expect(await algorithm.verify(publicKey, message, new Uint8Array([0, ...signature]))).toBe(false)
    expect(await algorithm.verify(publicKey, message, new Uint8Array([...signature, 0]))).toBe(false)
  })
})
