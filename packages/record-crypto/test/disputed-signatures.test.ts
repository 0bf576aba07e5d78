import { ed25519, generateKeyPair, isDisputedSignature, verifySignature } from '@recordkit/record-crypto'
import { ed25519Native } from '@recordkit/record-crypto/ed25519-native'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { ed25519Wasm } from '@recordkit/record-crypto/ed25519-wasm'
import { expect, test } from 'vitest'
import { disputedCases } from './disputed-cases.ts'

const algorithms = [
  ['ed25519', ed25519],
  ['ed25519Portable', ed25519Portable],
  ['ed25519Wasm', ed25519Wasm]
] as const

test.each(algorithms)(
  '%s disputes the edge cases that the most lenient implementation accepts',
  async (_name, algorithm) => {
    expect(disputedCases).toHaveLength(12)
    for (const [index, { publicKey, message, signature, disputed }] of disputedCases.entries()) {
      expect(await algorithm.isDisputed?.(publicKey, message, signature), `case ${index}`).toBe(disputed)
    }
  }
)

test.each(algorithms)(
  '%s does not dispute forged signatures, nor bytes that are not a signature',
  async (_name, algorithm) => {
    const { publicKey, sign } = await generateKeyPair()
    const message = Uint8Array.of(1, 2, 3)
    const signature = await sign(message)
    for (let bit = 0; bit < 512; bit += 37) {
      const forged = signature.slice()
      forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(await verifySignature(publicKey, message, forged, { algorithms: [algorithm] })).toBe(false)
      expect(await isDisputedSignature(publicKey, message, forged, { algorithms: [algorithm] })).toBe(false)
    }
    for (const length of [0, 63, 65])
      expect(await algorithm.isDisputed?.(publicKey.data, message, new Uint8Array(length))).toBe(false)
    expect(await algorithm.isDisputed?.(new Uint8Array(31), message, signature)).toBe(false)
  }
)

test('an algorithm that cannot tell disputes every signature', async () => {
  const { publicKey } = await generateKeyPair()
  const signature = new Uint8Array(64)
  expect(await isDisputedSignature(publicKey, signature, signature, { algorithms: [ed25519Native] })).toBe(true)
})
