import { getPublicKeyAsync, signAsync } from '@noble/ed25519'
import { ed25519ChallengeInput, ed25519EquationHolds } from '../ed25519-equation.ts'
import type { ImportSigningKey, VerifyByPlatform } from './platform.ts'
import { subtle } from './subtle.ts'
import * as native from './ed25519.webcrypto.ts'

const instead = '`ed25519Portable` from @recordkit/record-crypto/ed25519-portable does without'

/** The platform's own Ed25519 where it has one (Chromium 137, Firefox 129, Safari 17 and later), else noble's arithmetic. */
export const verifyByPlatform: VerifyByPlatform = (publicKey, message, signature) => {
  if (native.hasEd25519() === true) return native.verifyByPlatform(publicKey, message, signature)
  return verifyAnywhere(new Uint8Array(publicKey), new Uint8Array(message), new Uint8Array(signature))
}

async function verifyAnywhere(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (await native.hasEd25519()) return native.verifyByPlatform(publicKey, message, signature)
  return verifyWithDigest(publicKey, message, signature)
}

/** noble's arithmetic over WebCrypto's SHA-512, which saves a page the 4 kB of one in JavaScript. */
export async function verifyWithDigest(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array
): Promise<boolean> {
  const challenge = await subtle(instead).digest('SHA-512', ed25519ChallengeInput(publicKey, message, signature))
  return ed25519EquationHolds(publicKey, signature, new Uint8Array(challenge))
}

export const importSigningKey: ImportSigningKey = async (seed) => {
  const ownSeed = new Uint8Array(seed)
  if (await native.hasEd25519()) return native.importSigningKey(ownSeed)
  subtle(instead)
  return { publicKey: await getPublicKeyAsync(ownSeed), sign: (message) => signAsync(message, ownSeed) }
}
