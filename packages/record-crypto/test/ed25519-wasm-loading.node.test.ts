import { keyPairFromSeed } from '@recordkit/record-crypto'
import { afterEach, expect, test, vi } from 'vitest'

const message = Uint8Array.of(1, 2, 3)
const pair = await keyPairFromSeed(new Uint8Array(32).fill(7))
const key = pair.publicKey.data
const signature = await pair.sign(message)

afterEach(() => {
  vi.restoreAllMocks()
  vi.resetModules()
})

test('WebAssembly is compiled once, for the first signature, and is synchronous from then on', async () => {
  vi.resetModules()
  const compile = vi.spyOn(WebAssembly, 'instantiate')
  const { ed25519Wasm: fresh } = await import('../src/ed25519-wasm.ts')
  expect(compile).not.toHaveBeenCalled()
  const own = Uint8Array.from(message)
  const first = fresh.verify(key, own, signature)
  expect(first).toBeInstanceOf(Promise)
  own.fill(0)
  const second = fresh.verify(key, message, signature)
  expect([await first, await second]).toEqual([true, true])
  expect(fresh.verify(key, message, signature)).toBe(true)
  expect(fresh.verify(key, message.subarray(1), signature)).toBe(false)
  expect(compile).toHaveBeenCalledTimes(1)
})

test('plain JavaScript verifies and signs where the platform refuses WebAssembly', async () => {
  vi.resetModules()
  vi.spyOn(WebAssembly, 'instantiate').mockRejectedValue(new WebAssembly.CompileError('refused by policy'))
  const refused = await import('../src/ed25519-wasm.ts')
  expect(await refused.ed25519Wasm.verify(key, message, signature)).toBe(true)
  expect(await refused.ed25519Wasm.verify(key, message.subarray(1), signature)).toBe(false)
  const portable = await refused.ed25519WasmKeys.keyPair(new Uint8Array(32).fill(7))
  expect(await portable.sign(message)).toEqual(signature)
})

test('WebAssembly is not loaded where the platform has Ed25519', async () => {
  vi.resetModules()
  const compile = vi.spyOn(WebAssembly, 'instantiate')
  const { ed25519NativeOrWasm } = await import('../src/ed25519-wasm.ts')
  for (let time = 0; time < 2; time++) {
    expect(await ed25519NativeOrWasm.verify(key, message, signature)).toBe(true)
    expect(await ed25519NativeOrWasm.verify(key, message.subarray(1), signature)).toBe(false)
  }
  expect(compile).not.toHaveBeenCalled()
})

test('WebAssembly is used where the platform has no Ed25519', async () => {
  vi.resetModules()
  vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(new DOMException('no', 'NotSupportedError'))
  const compile = vi.spyOn(WebAssembly, 'instantiate')
  const { ed25519NativeOrWasm } = await import('../src/ed25519-wasm.ts')
  for (let time = 0; time < 2; time++) {
    expect(await ed25519NativeOrWasm.verify(key, message, signature)).toBe(true)
    expect(await ed25519NativeOrWasm.verify(key, message.subarray(1), signature)).toBe(false)
  }
  expect(compile).toHaveBeenCalledTimes(1)
})

test('WebAssembly is loaded again after an error of the network, which is thrown', async () => {
  vi.resetModules()
  vi.doMock('../src/ed25519-wasm-code.ts', () => {
    throw new TypeError('failed to fetch')
  })
  const { ed25519Wasm } = await import('../src/ed25519-wasm.ts')
  await expect(ed25519Wasm.verify(key, message, signature)).rejects.toThrow()
  vi.doUnmock('../src/ed25519-wasm-code.ts')
  expect(await ed25519Wasm.verify(key, message, signature)).toBe(true)
})
