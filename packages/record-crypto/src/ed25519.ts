import { verifyByPlatform } from '#ed25519'
import type { Algorithm } from '@recordkit/record-types'
import { ed25519By } from './ed25519-algorithm.ts'

/**
 * Ed25519 with one rule on every runtime: A and R of small order or not canonical and S not below L are refused, then
 * the cofactorless equation decides (the `LibSodium` row of ed25519-speccheck). Native where the platform has it
 * (node:crypto, at once; WebCrypto, later), @noble/ed25519 elsewhere.
 *
 * @see RFC 8032, section 5.1.7; libp2p/specs #593
 */
export const ed25519: Algorithm = /* @__PURE__ */ ed25519By(verifyByPlatform)
