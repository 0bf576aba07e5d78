import { copyBytes, equalBytes } from '../bytes.ts'
import type { AbortOptions, MaybePromise } from '../time.ts'
import type { PublicKey, Signer } from '../keys.ts'
import { isBytes } from './check-bytes.ts'
import { isPromise } from './is-promise.ts'

interface LocalSigner {
  /** a copy that is in no other object */
  readonly publicKey: PublicKey
  readonly sign: Signer['sign']
}

/** The signers that were made in this process from the bytes of their private key. */
const localSigners = /* @__PURE__ */ new WeakMap<Signer, LocalSigner>()

/**
 * Registers a signer whose `sign` computes signatures with a private key in this process, and whose public key was derived from the
 * private key or tested with it. Only the makers of such signers may call this: signatures of registered signers are not verified.
 */
export function registerLocalSigner<Local extends Signer>(signer: Local): Local {
  const { type, data } = signer.publicKey
  localSigners.set(signer, { publicKey: { type, data: copyBytes(data) }, sign: signer.sign })
  return signer
}

/**
 * The signatures that a local signer has made through {@link LocalSignatures.signer}: they need not be verified. Signatures of any
 * other signer, such as one that asks a device or a server, must be.
 */
export class LocalSignatures {
  readonly #local: LocalSigner
  readonly #made: { readonly input: Uint8Array; readonly signature: Uint8Array }[] = []
  /** signs as the local signer does */
  readonly signer: Signer

  private constructor(signer: Signer, local: LocalSigner) {
    this.#local = local
    const sign = (message: Uint8Array, options?: AbortOptions): MaybePromise<Uint8Array> => this.#sign(message, options)
    this.signer = Object.create(signer, { sign: { value: sign, enumerable: true } }) as Signer
  }

  /** `undefined` when a signer is not a registered one, or was changed since. */
  static of(signer: Signer): LocalSignatures | undefined {
    const local = localSigners.get(signer)
    if (local === undefined || signer.sign !== local.sign || !isSameKey(signer.publicKey, local.publicKey))
      return undefined
    return new LocalSignatures(signer, local)
  }

  /** Whether the signer made this signature of these bytes. */
  has(publicKey: PublicKey, input: Uint8Array, signature: Uint8Array): boolean {
    return (
      isSameKey(publicKey, this.#local.publicKey) &&
      this.#made.some((made) => equalBytes(made.signature, signature) && equalBytes(made.input, input))
    )
  }

  #sign(message: Uint8Array, options: AbortOptions | undefined): MaybePromise<Uint8Array> {
    // signed and remembered is a copy: the caller may change its bytes meanwhile, and the signature afterwards
    const input = isBytes(message) ? copyBytes(message) : message
    const signature = this.#local.sign(input, options)
    return isPromise(signature)
      ? signature.then((made) => this.#remember(input, made))
      : this.#remember(input, signature)
  }

  #remember(input: Uint8Array, signature: Uint8Array): Uint8Array {
    this.#made.push({ input, signature: copyBytes(signature) })
    return signature
  }
}

function isSameKey(a: PublicKey, b: PublicKey): boolean {
  return a.type === b.type && equalBytes(a.data, b.data)
}
