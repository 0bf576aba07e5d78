import { toHex } from '@recordkit/record-types/internal'
import { algorithmUnsupported } from '../algorithm-unsupported.ts'
import { rsaPkcs8 } from '../pkcs8.ts'
import { isPublicKey } from '../public-key-shape.ts'
import { rsaPublicKeyOf } from '../rsa-der.ts'
import { rsaNumbersOf } from '../rsa-numbers.ts'
import { satisfiesRsaEquation } from '../rsa-equation.ts'
import type { ImportSigningKey, VerifyByPlatform } from './platform.ts'
import { subtle } from './subtle.ts'
import { webCryptoBytes } from './webcrypto-bytes.ts'
import { webCryptoVerifier } from './webcrypto-verifier.ts'

const name = 'RSASSA-PKCS1-v1_5'
const hint = 'RSA requires it'
/** those of workerd, in hex */
const usualExponents: ReadonlySet<string> = /* @__PURE__ */ new Set(['03', '010001'])

const native = /* @__PURE__ */ webCryptoVerifier(name, 64, async (publicKey) =>
  isPublicKey('RSA', publicKey)
    ? crypto.subtle.importKey('spki', publicKey, { name, hash: 'SHA-256' }, false, ['verify'])
    : undefined
)

/**
 * An error is not about the key, whose form is checked before: workerd has no exponents other than 3 and 65537, and Deno fails to
 * verify with keys of more than 4096 bits, which it has imported.
 */
export const verifyByPlatform: VerifyByPlatform = async (publicKey, message, signature) => {
  const platform = subtle(hint)
  // copied: the caller may change its bytes before the platform fails
  const [ownKey, ownMessage, ownSignature] = [
    new Uint8Array(publicKey),
    new Uint8Array(message),
    new Uint8Array(signature)
  ]
  try {
    return await native(ownKey, ownMessage, ownSignature)
  } catch {
    return satisfiesRsaEquation(ownKey, new Uint8Array(await platform.digest('SHA-256', ownMessage)), ownSignature)
  }
}

export const importSigningKey: ImportSigningKey = async (privateKey) => {
  const publicKey = rsaPublicKeyOf(privateKey)
  const pkcs8 = rsaPkcs8(privateKey)
  const key = await subtle(hint)
    .importKey('pkcs8', pkcs8, { name, hash: 'SHA-256' }, false, ['sign'])
    .catch((cause: unknown) => {
      // signing without the platform would depend on the private exponent in its time
      throw usualExponents.has(toHex(rsaNumbersOf(publicKey).exponent)) ? cause : algorithmUnsupported('RSA', cause)
    })
  return {
    publicKey,
    sign: async (message) => new Uint8Array(await crypto.subtle.sign(name, key, webCryptoBytes(message)))
  }
}
