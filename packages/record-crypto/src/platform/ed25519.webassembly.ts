import { fromBase64 } from '@recordkit/record-types/internal'
import type { Ed25519Platform } from './platform.ts'

/** What `wasm/src/lib.rs` exports. An input is an address, and starts with a key (32 bytes) and a signature (64 bytes). */
interface WasmExports {
  readonly memory: WebAssembly.Memory
  verify(input: number, messageLength: number): number
  public_key(input: number): void
  sign(input: number, messageLength: number): void
}

const messageOffset = 96
/** bytes of a page of WebAssembly memory */
const pageSize = 65_536

/**
 * Compiles Ed25519 of ed25519-dalek.
 *
 * @param code - the module, in base64
 * @throws the error of the platform where it has no WebAssembly, or refuses to compile it: pages need `'wasm-unsafe-eval'` in their
 * content security policy
 */
export async function compileEd25519(code: string): Promise<Ed25519Platform> {
  const { instance } = await WebAssembly.instantiate(fromBase64(code))
  const { memory, verify, public_key: derivePublicKey, sign } = instance.exports as unknown as WasmExports
  const input = memory.buffer.byteLength

  /** Writes an input to the memory, which grows to the longest one, and returns a view of it. */
  function write(key: Uint8Array, signature: Uint8Array, message: Uint8Array): Uint8Array {
    const missing = input + messageOffset + message.length - memory.buffer.byteLength
    if (missing > 0) memory.grow(Math.ceil(missing / pageSize))
    const view = new Uint8Array(memory.buffer, input)
    view.set(key)
    view.set(signature, 32)
    view.set(message, messageOffset)
    return view
  }

  return {
    verifyByPlatform(publicKey, message, signature) {
      write(publicKey, signature, message)
      return verify(input, message.length) === 1
    },
    importSigningKey(seed) {
      const ownSeed = new Uint8Array(seed)
      const none = new Uint8Array(0)
      const view = write(ownSeed, none, none)
      derivePublicKey(input)
      return {
        publicKey: view.slice(0, 32),
        sign(message) {
          const written = write(ownSeed, none, message)
          sign(input, message.length)
          written.fill(0, 0, 32)
          return written.slice(32, messageOffset)
        }
      }
    }
  }
}
