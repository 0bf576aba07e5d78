import { createPrivateKey, sign } from 'node:crypto'
import { isPublicKey } from '../public-key-shape.ts'
import { rsaPublicKeyOf } from '../rsa-der.ts'
import { rsaNumbersOf } from '../rsa-numbers.ts'
import { satisfiesRsaEquation } from '../rsa-equation.ts'
import { base64Url, buffer, plain } from './plain.node.ts'
import type { ImportSigningKey, VerifyByPlatform } from './platform.ts'
import { digest } from './sha256.node.ts'
import { nodeVerifier } from './verifier.node.ts'

/** @see RFC 7518, section 6.3.1 */
const native = /* @__PURE__ */ nodeVerifier('sha256', 64, (publicKey) => {
  if (!isPublicKey('RSA', publicKey)) return undefined
  const { modulus, exponent } = rsaNumbersOf(publicKey)
  return { key: { kty: 'RSA', n: base64Url(modulus), e: base64Url(exponent) }, format: 'jwk' }
})

/** An error is not about the key, whose form is checked before: the node:crypto of Deno has no keys of more than 4096 bits. */
export const verifyByPlatform: VerifyByPlatform = (publicKey, message, signature, threads) => {
  try {
    return native(publicKey, message, signature, threads)
  } catch {
    return satisfiesRsaEquation(publicKey, digest(message), signature)
  }
}

export const importSigningKey: ImportSigningKey = (privateKey) => {
  const key = createPrivateKey({ key: buffer(privateKey), format: 'der', type: 'pkcs1' })
  return { publicKey: rsaPublicKeyOf(privateKey), sign: (message) => plain(sign('sha256', message, key)) }
}
