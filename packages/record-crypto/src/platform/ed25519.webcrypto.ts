import { RecordError } from '@recordkit/record-types'
import type { MaybePromise } from '@recordkit/record-types'
import { fromHex } from '@recordkit/record-types/internal'
import { fromBase64 } from '@recordkit/record-types/internal'
import { ed25519Pkcs8 } from '../pkcs8.ts'
import type { DisputeByPlatform, ImportSigningKey, VerifyByPlatform } from './platform.ts'
import { webCryptoBytes } from './webcrypto-bytes.ts'
import { webCryptoVerifier } from './webcrypto-verifier.ts'

/** Throws `ALGORITHM_MISSING` where the platform has no Ed25519: `false` would mean that the signature is invalid. */
export const verifyByPlatform: VerifyByPlatform = /* @__PURE__ */ webCryptoVerifier(
  'Ed25519',
  256,
  async (publicKey) => {
    if (!(await hasEd25519())) throw missingEd25519()
    return importPublicKey(publicKey).catch((error: unknown) => {
      // any other error is not about the key, and would blame the sender of a valid signature
      if ((error as Error).name === 'DataError') return undefined
      throw error
    })
  }
)

function importPublicKey(publicKey: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
}

/** Without arithmetic of its own, this platform cannot tell. */
export const isDisputed: DisputeByPlatform = () => true

export const importSigningKey: ImportSigningKey = async (seed) => {
  const pkcs8 = ed25519Pkcs8(seed)
  if (!(await hasEd25519())) throw missingEd25519()
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign'])
  const { x } = await crypto.subtle.exportKey('jwk', key)
  return {
    publicKey: fromBase64(x as string),
    sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, webCryptoBytes(message)))
  }
}

function missingEd25519(): RecordError {
  return new RecordError(
    'ALGORITHM_MISSING',
    'this platform has no Ed25519; `ed25519` of @recordkit/record-crypto contains one'
  )
}

let supported: MaybePromise<boolean> | undefined

/**
 * Whether the platform has Ed25519 with the cofactorless equation. Tested once, and again after an error that has other reasons;
 * synchronous after the first result.
 */
export function hasEd25519(): MaybePromise<boolean> {
  if (globalThis.crypto?.subtle === undefined) return false
  supported ??= refusesTorsion().then(
    (refused) => (supported = refused),
    (error: unknown) => {
      supported = (error as Error).name === 'NotSupportedError' ? false : undefined
      return false
    }
  )
  return supported
}

/**
 * Lets the platform verify a signature that is valid only when both sides of the equation are multiplied by the
 * cofactor: the public key is the base point plus the point of order 2, R is the base point, the message is empty, S is
 * 1 + k.
 */
async function refusesTorsion(): Promise<boolean> {
  const publicKey = new Uint8Array(32).fill(0x99)
  publicKey[0] = 0x95
  const signature = new Uint8Array(64).fill(0x66)
  signature[0] = 0x58
  signature.set(fromHex('cef0f3607d542811b092203c0d897695770bc835da2fdf20e7fd516b24898903'), 32)
  return !(await crypto.subtle.verify('Ed25519', await importPublicKey(publicKey), signature, new Uint8Array(0)))
}
