import { expect, test } from 'vitest'
import {
  ed25519,
  exportPrivateKey,
  importPrivateKey,
  isDisputedSignature,
  keyPairFromSeed
} from '@recordkit/record-crypto'
import { ed25519Sodium, ed25519SodiumKeys, generateSodiumKeyPair } from '@recordkit/record-crypto/ed25519-sodium'
import { disputedCases } from './disputed-cases.ts'
import { testVerdicts } from './verdict-families.ts'

testVerdicts(new Map([['ed25519Sodium', ed25519Sodium]]))

test('libsodium disputes the edge cases that the most lenient implementation accepts', async () => {
  for (const { publicKey, message, signature, disputed } of disputedCases) {
    expect(await ed25519Sodium.isDisputed?.(publicKey, message, signature)).toBe(disputed)
  }
})

test('libsodium signs as node:crypto does, messages of any length', async () => {
  const pair = await keyPairFromSeed(new Uint8Array(32).fill(9))
  const sodiumPair = await importPrivateKey(exportPrivateKey(pair), { algorithms: [ed25519SodiumKeys] })
  expect(sodiumPair.publicKey).toEqual(pair.publicKey)
  for (const length of [0, 1, 200, 100_000]) {
    const message = new Uint8Array(length).fill(3)
    const signature = await sodiumPair.sign(message)
    expect(signature).toEqual(await pair.sign(message))
    expect(ed25519Sodium.verify(pair.publicKey.data, message, signature)).toBe(true)
  }
})

test('a key pair that libsodium generates signs what the platform verifies, and ends with its abort', async () => {
  const { publicKey, sign } = await generateSodiumKeyPair()
  const message = Uint8Array.of(1, 2, 3)
  const signature = await sign(message)
  expect(await ed25519.verify(publicKey.data, message, signature)).toBe(true)
  expect(await isDisputedSignature(publicKey, message, signature.toReversed(), { algorithms: [ed25519Sodium] })).toBe(
    false
  )
  await expect(generateSodiumKeyPair({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
})
