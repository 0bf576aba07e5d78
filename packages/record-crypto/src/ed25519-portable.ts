import { sha512 } from '@noble/hashes/sha2.js'
import type { Algorithm } from '@recordkit/record-types'
import { ed25519By } from './ed25519-algorithm.ts'
import { ed25519ChallengeInput, satisfiesEd25519Equation, satisfiesLenientEd25519Rule } from './ed25519-equation.ts'

/**
 * Ed25519 in plain JavaScript, for runtimes without `crypto.subtle`: the same results as `ed25519`, synchronous, in ten
 * times its time.
 *
 * @example
 * ```ts
 * const { content } = await openIpnsRecord(value, { name, algorithms: [ed25519Portable] })
 * ```
 */
export const ed25519Portable: Algorithm = /* @__PURE__ */ ed25519By(
  (publicKey, message, signature) =>
    satisfiesEd25519Equation(publicKey, signature, sha512(ed25519ChallengeInput(publicKey, message, signature))),
  (publicKey, message, signature) =>
    publicKey.length === 32 &&
    signature.length === 64 &&
    satisfiesLenientEd25519Rule(publicKey, signature, sha512(ed25519ChallengeInput(publicKey, message, signature)))
)
