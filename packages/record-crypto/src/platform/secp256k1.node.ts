import { Buffer } from 'node:buffer'
import { getCurves } from 'node:crypto'
import type { VerifyByPlatform } from './platform.ts'
import * as portable from './secp256k1.portable.ts'
import { nodeVerifier } from './verifier.node.ts'

/** SPKI of a compressed point, RFC 5480 */
const spkiHead = '3036301006072a8648ce3d020106052b8104000a032200'

const native = /* @__PURE__ */ nodeVerifier('sha256', 256, (publicKey) =>
  Buffer.concat([Buffer.from(spkiHead, 'hex'), publicKey])
)

let known: boolean | undefined

/** OpenSSL has the curve and takes a seventh of the time; BoringSSL, below some runtimes that look like Node, has not. */
export const verifyByPlatform: VerifyByPlatform = (publicKey, message, signature, threads) => {
  known ??= getCurves().includes('secp256k1')
  return (known ? native : portable.verifyByPlatform)(publicKey, message, signature, threads)
}
