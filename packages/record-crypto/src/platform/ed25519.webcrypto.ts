import { RecordError } from '@recordkit/record-types'
import type { MaybePromise } from '@recordkit/record-types'
import { byteCache } from '../byte-cache.ts'
import { ed25519Pkcs8 } from '../ed25519-pkcs8.ts'
import type { SigningKeyFromSeed, VerifyEquation } from './ed25519-platform.ts'
import { webCryptoBytes } from './webcrypto-bytes.ts'

const importedKeys = /* @__PURE__ */ byteCache<CryptoKey>(256)

/** Where the platform has no Ed25519, `ALGORITHM_MISSING`: not being able to say is not `false`. */
export const verifyEquation: VerifyEquation = (publicKey, message, signature) => {
  const key = importedKeys.get(publicKey)
  // WebCrypto copies what it is handed before it returns, so only the slow way has to
  if (key !== undefined) return verifyWith(key, message, signature)
  return importAndVerify(new Uint8Array(publicKey), new Uint8Array(message), new Uint8Array(signature))
}

async function importAndVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (!(await hasEd25519())) throw missingEd25519()
  let key
  try {
    key = await importPublicKey(publicKey)
  } catch {
    return false
  }
  importedKeys.set(publicKey, key)
  return verifyWith(key, message, signature)
}

function verifyWith(key: CryptoKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return crypto.subtle.verify('Ed25519', key, webCryptoBytes(signature), webCryptoBytes(message)).catch(() => false)
}

function importPublicKey(publicKey: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', webCryptoBytes(publicKey), 'Ed25519', false, ['verify'])
}

export const signingKeyFromSeed: SigningKeyFromSeed = async (seed) => {
  const pkcs8 = ed25519Pkcs8(seed)
  if (!(await hasEd25519())) throw missingEd25519()
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign'])
  const { x } = await crypto.subtle.exportKey('jwk', key)
  return {
    publicKey: fromBase64Url(x as string),
    sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, webCryptoBytes(message)))
  }
}

function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
}

function missingEd25519(): RecordError {
  return new RecordError(
    'ALGORITHM_MISSING',
    'this platform has no Ed25519 of its own; import `ed25519` from @recordkit/record-crypto or `ed25519Portable` from @recordkit/record-crypto/ed25519-portable'
  )
}

let answer: MaybePromise<boolean> | undefined

/** Whether the platform has Ed25519 and decides by the cofactorless equation: asked once, known at once from then on. */
export function hasEd25519(): MaybePromise<boolean> {
  answer ??= refusesTorsion().then((known) => (answer = known))
  return answer
}

/**
 * Puts a signature to the platform that holds only when both sides are multiplied by the cofactor: the public key is the
 * base point plus the point of order 2, R the base point, the message empty, S = 1 + k.
 */
async function refusesTorsion(): Promise<boolean> {
  const publicKey = new Uint8Array(32).fill(0x99)
  publicKey[0] = 0x95
  const signature = new Uint8Array(64).fill(0x66)
  signature[0] = 0x58
  const s = 'cef0f3607d542811b092203c0d897695770bc835da2fdf20e7fd516b24898903'
  for (let index = 0; index < 32; index++)
    signature[32 + index] = Number.parseInt(s.slice(2 * index, 2 * index + 2), 16)
  try {
    return !(await crypto.subtle.verify('Ed25519', await importPublicKey(publicKey), signature, new Uint8Array(0)))
  } catch {
    return false
  }
}
