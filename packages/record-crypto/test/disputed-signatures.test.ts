import { ed25519, generateKeyPair, isDisputedSignature, verifySignature } from '@recordkit/record-crypto'
import { ed25519Native } from '@recordkit/record-crypto/ed25519-native'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { fromHex } from '@recordkit/testing'
import { expect, test } from 'vitest'
import cases from '@recordkit/vectors/ed25519-speccheck/cases.json' with { type: 'json' }
import results from '@recordkit/vectors/ed25519-speccheck/results.json' with { type: 'json' }

const algorithms = [
  ['ed25519', ed25519],
  ['ed25519Portable', ed25519Portable]
] as const

/** What ZIP 215 accepts: the row `Zebra` of ed25519-speccheck. */
const lenient = results.acceptedByLibrary.Zebra

test.each(algorithms)(
  '%s disputes the edge cases that the most lenient implementation accepts',
  async (_name, algorithm) => {
    expect(lenient).toHaveLength(cases.length)
    for (const [index, { pub_key: key, message, signature }] of cases.entries()) {
      const disputed = await algorithm.isDisputed?.(fromHex(key), fromHex(message), fromHex(signature))
      expect(disputed, `case ${index}`).toBe(lenient[index])
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
