import { isDisputed, verifyByPlatform } from '#ed25519'
import type { Algorithm } from '@recordkit/record-types'
import { ed25519By } from './ed25519-algorithm.ts'

/**
 * Ed25519 with the same rule on every runtime: it refuses A and R that are of small order or not canonical, and S that
 * is not below L; then the cofactorless equation decides (the row `LibSodium` of ed25519-speccheck). Native where the
 * platform has Ed25519 (node:crypto, synchronous; WebCrypto, asynchronous), @noble/ed25519 elsewhere.
 *
 * @see RFC 8032, section 5.1.7; libp2p/specs #593
 * @example
 * ```ts
 * const { author } = await openSignedRecord(value, { algorithms: [ed25519, rsa] })
 * ```
 */
export const ed25519: Algorithm = /* @__PURE__ */ ed25519By(verifyByPlatform, isDisputed)
