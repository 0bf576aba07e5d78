import { verifyByPlatform } from '#ed25519-native'
import type { Algorithm } from '@recordkit/record-types'
import { ed25519By } from './ed25519-algorithm.ts'

/**
 * {@link ed25519} without its fallback, for small bundles: the same results on platforms with Ed25519 (Chromium 137,
 * Firefox 129, Safari 17, Node, and later); on others, it throws `ALGORITHM_MISSING`.
 *
 * @example
 * ```ts
 * const { content } = await openIpnsRecord(value, { name, algorithms: [ed25519Native] })
 * ```
 */
export const ed25519Native: Algorithm = /* @__PURE__ */ ed25519By(verifyByPlatform)
