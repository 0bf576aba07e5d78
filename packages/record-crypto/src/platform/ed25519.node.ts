import { Buffer } from 'node:buffer'
import { createPrivateKey, createPublicKey, hash, sign } from 'node:crypto'
import { ed25519ChallengeInput, satisfiesLenientEd25519Rule } from '../ed25519-equation.ts'
import { ed25519Pkcs8 } from '../pkcs8.ts'
import { buffer, plain } from './plain.node.ts'
import type { DisputeByPlatform, ImportSigningKey, VerifyByPlatform } from './platform.ts'
import { nodeVerifier } from './verifier.node.ts'

/** The SPKI of an Ed25519 key before the key itself, in hex. @see RFC 8410, section 4 */
const spkiHead = '302a300506032b6570032100'

export const verifyByPlatform: VerifyByPlatform = /* @__PURE__ */ nodeVerifier(null, 256, (publicKey) =>
  Buffer.concat([Buffer.from(spkiHead, 'hex'), publicKey])
)

export const isDisputed: DisputeByPlatform = (publicKey, message, signature) => {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  const challenge = hash('sha512', ed25519ChallengeInput(publicKey, message, signature), 'buffer')
  return satisfiesLenientEd25519Rule(publicKey, signature, challenge)
}

export const importSigningKey: ImportSigningKey = (seed) => {
  const key = createPrivateKey({ key: buffer(ed25519Pkcs8(seed)), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    publicKey: new Uint8Array(spki.subarray(-32)),
    sign: (message) => plain(sign(null, message, key))
  }
}
