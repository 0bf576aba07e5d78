import { rsaPkcs8 } from '../pkcs8.ts'
import { isPublicKey } from '../public-key-shape.ts'
import { rsaPublicKeyOf } from '../rsa-der.ts'
import type { ImportSigningKey, VerifyByPlatform } from './platform.ts'
import { subtle } from './subtle.ts'
import { webCryptoBytes } from './webcrypto-bytes.ts'
import { webCryptoVerifier } from './webcrypto-verifier.ts'

const name = 'RSASSA-PKCS1-v1_5'
const hint = 'RSA requires it'

export const verifyByPlatform: VerifyByPlatform = /* @__PURE__ */ webCryptoVerifier(name, 64, async (publicKey) => {
  if (!isPublicKey('RSA', publicKey)) return undefined
  return subtle(hint)
    .importKey('spki', publicKey, { name, hash: 'SHA-256' }, false, ['verify'])
    .catch(() => undefined)
})

export const importSigningKey: ImportSigningKey = async (privateKey) => {
  const publicKey = rsaPublicKeyOf(privateKey)
  const pkcs8 = rsaPkcs8(privateKey)
  const key = await subtle(hint).importKey('pkcs8', pkcs8, { name, hash: 'SHA-256' }, false, ['sign'])
  return {
    publicKey,
    sign: async (message) => new Uint8Array(await crypto.subtle.sign(name, key, webCryptoBytes(message)))
  }
}
