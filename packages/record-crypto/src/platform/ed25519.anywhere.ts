import { getPublicKeyAsync, signAsync } from '@noble/ed25519'
import { RecordError } from '@recordkit/record-types'
import { ed25519ChallengeInput, ed25519EquationHolds } from '../ed25519-equation.ts'
import type { SigningKeyFromSeed, VerifyEquation } from './ed25519-platform.ts'
import * as native from './ed25519.webcrypto.ts'

/** The platform's own Ed25519 where it has one (Chromium 137, Firefox 129, Safari 17 and later), else noble's arithmetic. */
export const verifyEquation: VerifyEquation = (publicKey, message, signature) => {
  if (native.hasEd25519() === true) return native.verifyEquation(publicKey, message, signature)
  return verifyAnywhere(new Uint8Array(publicKey), new Uint8Array(message), new Uint8Array(signature))
}

async function verifyAnywhere(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (await native.hasEd25519()) return native.verifyEquation(publicKey, message, signature)
  return verifyWithDigest(publicKey, message, signature)
}

/** noble's arithmetic over WebCrypto's SHA-512, which saves a page the 4 kB of one in JavaScript. */
export async function verifyWithDigest(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array
): Promise<boolean> {
  checkDigest()
  const challenge = await crypto.subtle.digest('SHA-512', ed25519ChallengeInput(publicKey, message, signature))
  return ed25519EquationHolds(publicKey, signature, new Uint8Array(challenge))
}

export const signingKeyFromSeed: SigningKeyFromSeed = async (seed) => {
  const ownSeed = new Uint8Array(seed)
  if (await native.hasEd25519()) return native.signingKeyFromSeed(ownSeed)
  checkDigest()
  return { publicKey: await getPublicKeyAsync(ownSeed), sign: (message) => signAsync(message, ownSeed) }
}

/** Pages that are not a secure context have no `crypto.subtle`. */
function checkDigest(): void {
  if (globalThis.crypto?.subtle === undefined) {
    throw new RecordError(
      'ALGORITHM_MISSING',
      'there is no crypto.subtle here, which a page has in a secure context (https) only; hand in `ed25519Portable` from @recordkit/record-crypto/ed25519-portable'
    )
  }
}
