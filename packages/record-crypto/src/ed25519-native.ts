import { verifyByPlatform } from '#ed25519-native'
import type { Algorithm } from '@recordkit/record-types'
import { ed25519By } from './ed25519-algorithm.ts'

/**
 * {@link ed25519} without its fallback, for pages that count bytes: the same verdicts where the platform has Ed25519
 * (Chromium 137, Firefox 129, Safari 17, Node and later), and elsewhere `ALGORITHM_MISSING` instead of an answer.
 */
export const ed25519Native: Algorithm = /* @__PURE__ */ ed25519By(verifyByPlatform)
