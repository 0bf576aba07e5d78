import { keyPairFromSeed } from '@recordkit/record-crypto'
import { expect, test } from 'vitest'
import * as none from '../src/platform/ed25519-sodium.none.ts'

test('libsodium on another platform than Node.js throws ALGORITHM_MISSING, for verifying and for signing', async () => {
  const { publicKey, sign } = await keyPairFromSeed(new Uint8Array(32).fill(1))
  const message = Uint8Array.of(1)
  const signature = await sign(message)
  const missing = expect.objectContaining({ code: 'ALGORITHM_MISSING' })
  expect(() => none.verifyByPlatform(publicKey.data, message, signature)).toThrow(missing)
  expect(() => none.importSigningKey(new Uint8Array(32))).toThrow(missing)
})
