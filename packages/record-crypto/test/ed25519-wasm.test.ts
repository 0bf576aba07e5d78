import { exportPrivateKey, importPrivateKey, keyPairFromSeed } from '@recordkit/record-crypto'
import { ed25519Wasm, ed25519WasmKeys, generateWasmKeyPair } from '@recordkit/record-crypto/ed25519-wasm'
import { expect, test } from 'vitest'

const message = Uint8Array.of(1, 2, 3)
const pair = await keyPairFromSeed(new Uint8Array(32).fill(7))
const key = pair.publicKey.data

test('WebAssembly signs as the platform does, messages of any length, and verifies them', async () => {
  const wasmPair = await importPrivateKey(exportPrivateKey(pair), { algorithms: [ed25519WasmKeys] })
  expect(wasmPair.publicKey).toEqual(pair.publicKey)
  for (const length of [0, 1, 200, 65_535, 300_000, 5]) {
    const long = new Uint8Array(length).fill(length)
    const made = await wasmPair.sign(long)
    expect(made).toEqual(await pair.sign(long))
    expect(await ed25519Wasm.verify(key, long, made)).toBe(true)
    expect(await ed25519Wasm.verify(key, long, made.toReversed())).toBe(false)
  }
})

test('a key pair that WebAssembly generates signs what WebAssembly verifies, and ends with its abort', async () => {
  const { publicKey, sign } = await generateWasmKeyPair()
  expect(await ed25519Wasm.verify(publicKey.data, message, await sign(message))).toBe(true)
  await expect(generateWasmKeyPair({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
})
