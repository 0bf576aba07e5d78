import { createPrivateKey, createPublicKey, hash, sign } from 'node:crypto'
import { ed25519ChallengeInput, satisfiesEd25519Equation, satisfiesLenientEd25519Rule } from '../ed25519-equation.ts'
import { ed25519Pkcs8 } from '../pkcs8.ts'
import { base64Url, buffer, plain } from './plain.node.ts'
import type { DisputeByPlatform, ImportSigningKey, VerifyByPlatform } from './platform.ts'
import { nodeVerifier } from './verifier.node.ts'

/** @see RFC 8037, section 2 */
const native = /* @__PURE__ */ nodeVerifier(null, 256, (publicKey) => ({
  key: { kty: 'OKP', crv: 'Ed25519', x: base64Url(publicKey) },
  format: 'jwk'
}))

export const verifyByPlatform: VerifyByPlatform = (publicKey, message, signature, threads) => {
  try {
    return native(publicKey, message, signature, threads)
  } catch {
    // a key that is not a point, which OpenSSL imports and others do not, or an error that is not about the key
    return satisfiesEd25519Equation(publicKey, signature, challengeOf(publicKey, message, signature))
  }
}

export const isDisputed: DisputeByPlatform = (publicKey, message, signature) =>
  publicKey.length === 32 &&
  signature.length === 64 &&
  satisfiesLenientEd25519Rule(publicKey, signature, challengeOf(publicKey, message, signature))

function challengeOf(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Uint8Array {
  return hash('sha512', ed25519ChallengeInput(publicKey, message, signature), 'buffer')
}

export const importSigningKey: ImportSigningKey = (seed) => {
  const key = createPrivateKey({ key: buffer(ed25519Pkcs8(seed)), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    publicKey: new Uint8Array(spki.subarray(-32)),
    sign: (message) => plain(sign(null, message, key))
  }
}
