import type { AbortOptions, Algorithm, MaybePromise } from '@recordkit/record-types'
import { checkOptions, isPromise } from '@recordkit/record-types/internal'
import { ed25519By } from './ed25519-algorithm.ts'
import { ed25519KeysBy, ed25519PairOfSeed } from './ed25519-pair-of-seed.ts'
import type { KeyPair, KeyPairAlgorithm } from './key-pair.ts'
import { compileEd25519 } from './platform/ed25519.webassembly.ts'
import * as native from './platform/ed25519.webcrypto.ts'
import type { DisputeByPlatform, Ed25519Platform, ImportSigningKey, VerifyByPlatform } from './platform/platform.ts'
import { randomBytes } from './platform/random.ts'

let implementation: MaybePromise<Ed25519Platform> | undefined

/** Loads WebAssembly once, and again after an error of the network. Synchronous after the first result. */
function load(): MaybePromise<Ed25519Platform> {
  implementation ??= loadOnce().then(
    (loaded) => (implementation = loaded),
    (error: unknown) => {
      implementation = undefined
      throw error
    }
  )
  return implementation
}

async function loadOnce(): Promise<Ed25519Platform> {
  const { ed25519WasmCode } = await import('./ed25519-wasm-code.ts')
  try {
    return await compileEd25519(ed25519WasmCode)
  } catch {
    // there is no WebAssembly, or the content security policy of the page refuses it
    return import('./platform/ed25519.portable.ts')
  }
}

function loadUnlessNative(): MaybePromise<Ed25519Platform> {
  const isNative = native.hasEd25519()
  if (typeof isNative === 'boolean') return isNative ? native : load()
  return isNative.then((found) => (found ? native : load()))
}

/** Verifies with what `choose` returns, of copies of the bytes when that is not known yet. */
function verifyBy(choose: () => MaybePromise<Ed25519Platform>): VerifyByPlatform {
  return (publicKey, message, signature) => {
    const platform = choose()
    if (!isPromise(platform)) return platform.verifyByPlatform(publicKey, message, signature)
    const [ownKey, ownMessage, ownSignature] = [
      new Uint8Array(publicKey),
      new Uint8Array(message),
      new Uint8Array(signature)
    ]
    return platform.then(({ verifyByPlatform }) => verifyByPlatform(ownKey, ownMessage, ownSignature))
  }
}

const isDisputed: DisputeByPlatform = async (publicKey, message, signature) => {
  const [ownKey, ownMessage, ownSignature] = [
    new Uint8Array(publicKey),
    new Uint8Array(message),
    new Uint8Array(signature)
  ]
  return (await import('./platform/ed25519.portable.ts')).isDisputed(ownKey, ownMessage, ownSignature)
}

const importSigningKey: ImportSigningKey = async (seed) => {
  const ownSeed = new Uint8Array(seed)
  return (await load()).importSigningKey(ownSeed)
}

/**
 * Ed25519 of ed25519-dalek as WebAssembly, which is loaded when the first signature is verified: the same results as `ed25519`, in a
 * tenth of the time of `ed25519Portable`. Synchronous once it is loaded. Where the platform refuses WebAssembly, it is `ed25519Portable`:
 * the content security policy of a page must contain `'wasm-unsafe-eval'`.
 *
 * @example
 * ```ts
 * const { content } = await openIpnsRecord(value, { name, algorithms: [ed25519Wasm] })
 * ```
 */
export const ed25519Wasm: Algorithm = /* @__PURE__ */ ed25519By(/* @__PURE__ */ verifyBy(load), isDisputed)

/**
 * Ed25519 of WebCrypto where the platform has it, else {@link ed25519Wasm}, which is not loaded otherwise.
 *
 * @example
 * ```ts
 * const engine = new ValidationEngine([ipns({ algorithms: [ed25519NativeOrWasm] })])
 * ```
 */
export const ed25519NativeOrWasm: Algorithm = /* @__PURE__ */ ed25519By(
  /* @__PURE__ */ verifyBy(loadUnlessNative),
  isDisputed
)

/**
 * Generates an Ed25519 key pair that signs with WebAssembly. Whether its time depends on the key is up to the engine that compiles
 * the WebAssembly.
 *
 * @throws RecordError `ALGORITHM_MISSING` without `crypto.getRandomValues`
 * @example
 * ```ts
 * const signer = await generateWasmKeyPair()
 * const manager = await createRecordManager({ signer, algorithms: [ed25519NativeOrWasm] })
 * ```
 */
export async function generateWasmKeyPair(options: AbortOptions = {}): Promise<KeyPair> {
  checkOptions(options, { signal: 0 })
  options.signal?.throwIfAborted()
  return ed25519PairOfSeed(randomBytes(32), importSigningKey)
}

/**
 * Key pairs of Ed25519 private keys that sign with WebAssembly, for `importPrivateKey`. Their signatures are those of `ed25519Keys`.
 *
 * @example
 * ```ts
 * const signer = await importPrivateKey(pem, { algorithms: [ed25519WasmKeys] })
 * ```
 */
export const ed25519WasmKeys: KeyPairAlgorithm = /* @__PURE__ */ ed25519KeysBy(importSigningKey)
