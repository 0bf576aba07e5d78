import { generateKeyPair } from '@recordkit/record-crypto'
import { expect, test, vi } from 'vitest'

test('WebAssembly is loaded again after an error of the network, which is thrown', async () => {
  const { publicKey, sign } = await generateKeyPair()
  const message = Uint8Array.of(1)
  const signature = await sign(message)
  vi.doMock('../src/ed25519-wasm-code.ts', () => {
    throw new TypeError('failed to fetch')
  })
  const { ed25519Wasm } = await import('../src/ed25519-wasm.ts')
  await expect(ed25519Wasm.verify(publicKey.data, message, signature)).rejects.toThrow()
  vi.doUnmock('../src/ed25519-wasm-code.ts')
  vi.resetModules()
  expect(await ed25519Wasm.verify(publicKey.data, message, signature)).toBe(true)
})
