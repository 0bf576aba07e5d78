import { Buffer } from 'node:buffer'
import { getCurves } from 'node:crypto'
import type { VerifyByPlatform } from './platform.ts'
import * as portable from './secp256k1.portable.ts'
import { nodeVerifier, spkiOf } from './verifier.node.ts'

/** The SPKI of a compressed point before the point itself, in hex. @see RFC 5480 */
const spkiHead = '3036301006072a8648ce3d020106052b8104000a032200'

const native = /* @__PURE__ */ nodeVerifier('sha256', 256, (publicKey) =>
  spkiOf(Buffer.concat([Buffer.from(spkiHead, 'hex'), publicKey]))
)

let supported: boolean | undefined

/**
 * OpenSSL has the curve and takes a seventh of the time. BoringSSL, which some Node-compatible runtimes use, does not.
 */
export const verifyByPlatform: VerifyByPlatform = (publicKey, message, signature, threads) => {
  supported ??= getCurves().includes('secp256k1')
  if (!supported) return portable.verifyByPlatform(publicKey, message, signature)
  try {
    return native(publicKey, message, signature, threads)
  } catch {
    // a key that is not a point, or an error that is not about the key
    return portable.verifyByPlatform(publicKey, message, signature)
  }
}
