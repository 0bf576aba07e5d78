import { getPublicKeyAsync, signAsync } from '@noble/ed25519'
import { ed25519ChallengeInput, satisfiesEd25519Equation, satisfiesLenientEd25519Rule } from '../ed25519-equation.ts'
import type { DisputeByPlatform, ImportSigningKey, VerifyByPlatform } from './platform.ts'
import { subtle } from './subtle.ts'
import * as native from './ed25519.webcrypto.ts'

const hint = '`ed25519Portable` of @recordkit/record-crypto/ed25519-portable does not require it'
const signingHint =
  '`generatePortableKeyPair` and `ed25519PortableKeys` of @recordkit/record-crypto/ed25519-portable do not require it'

/**
 * Verifies with the platform where it has Ed25519 (Chromium 137, Firefox 129, Safari 17, and later), else with noble.
 */
export const verifyByPlatform: VerifyByPlatform = (publicKey, message, signature) => {
  if (native.hasEd25519() === true) return native.verifyByPlatform(publicKey, message, signature)
  return verifyAsync(new Uint8Array(publicKey), new Uint8Array(message), new Uint8Array(signature))
}

async function verifyAsync(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (await native.hasEd25519()) return native.verifyByPlatform(publicKey, message, signature)
  return verifyWithDigest(publicKey, message, signature)
}

/** Verifies with the arithmetic of noble and the SHA-512 of WebCrypto: one in JavaScript adds 4 kB to a bundle. */
export async function verifyWithDigest(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array
): Promise<boolean> {
  const challenge = await subtle(hint).digest('SHA-512', ed25519ChallengeInput(publicKey, message, signature))
  return satisfiesEd25519Equation(publicKey, signature, new Uint8Array(challenge))
}

export const isDisputed: DisputeByPlatform = async (publicKey, message, signature) => {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  const challenge = await subtle(hint).digest('SHA-512', ed25519ChallengeInput(publicKey, message, signature))
  return satisfiesLenientEd25519Rule(publicKey, signature, new Uint8Array(challenge))
}

export const importSigningKey: ImportSigningKey = async (seed) => {
  const ownSeed = new Uint8Array(seed)
  if (await native.hasEd25519()) return native.importSigningKey(ownSeed)
  subtle(signingHint)
  return { publicKey: await getPublicKeyAsync(ownSeed), sign: (message) => signAsync(message, ownSeed) }
}
