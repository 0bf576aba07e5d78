import { getPublicKey, hashes, sign } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import { ed25519ChallengeInput, satisfiesEd25519Equation, satisfiesLenientEd25519Rule } from '../ed25519-equation.ts'
import type { DisputeByPlatform, ImportSigningKey, VerifyByPlatform } from './platform.ts'

export const verifyByPlatform: VerifyByPlatform = (publicKey, message, signature) =>
  satisfiesEd25519Equation(publicKey, signature, sha512(ed25519ChallengeInput(publicKey, message, signature)))

export const isDisputed: DisputeByPlatform = (publicKey, message, signature) =>
  publicKey.length === 32 &&
  signature.length === 64 &&
  satisfiesLenientEd25519Rule(publicKey, signature, sha512(ed25519ChallengeInput(publicKey, message, signature)))

export const importSigningKey: ImportSigningKey = (seed) => {
  hashes.sha512 ??= sha512
  const ownSeed = new Uint8Array(seed)
  return { publicKey: getPublicKey(ownSeed), sign: (message) => sign(new Uint8Array(message), ownSeed) }
}
