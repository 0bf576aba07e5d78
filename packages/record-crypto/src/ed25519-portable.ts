import { sha512 } from '@noble/hashes/sha2.js'
import type { Algorithm } from '@recordkit/record-types'
import { ed25519By } from './ed25519-algorithm.ts'
import { ed25519ChallengeInput, ed25519EquationHolds } from './ed25519-equation.ts'

/**
 * Ed25519 in plain JavaScript, for runtimes without `crypto.subtle` and for comparing: the verdicts of `ed25519`, at
 * once, in ten times its time.
 */
export const ed25519Portable: Algorithm = /* @__PURE__ */ ed25519By((publicKey, message, signature) =>
  ed25519EquationHolds(publicKey, signature, sha512(ed25519ChallengeInput(publicKey, message, signature)))
)
