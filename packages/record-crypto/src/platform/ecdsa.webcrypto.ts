import { algorithmUnsupported } from '../algorithm-unsupported.ts'
import type { EcdsaCurve } from '../ecdsa-curve.ts'
import { readEcdsaPrivateKey } from '../ecdsa-private-key.ts'
import { curveOfPublicKey, isEcdsaPublicKey } from '../ecdsa-public-key.ts'
import { ecdsaSignatureFromDer, ecdsaSignatureToDer } from '../ecdsa-signature.ts'
import { jwkPoint } from '../jwk-point.ts'
import { ellipticPkcs8, ellipticSpki } from '../pkcs8.ts'
import type { ImportSigningKey, VerifyByPlatform } from './platform.ts'
import { subtle } from './subtle.ts'
import { webCryptoBytes } from './webcrypto-bytes.ts'
import { webCryptoVerifier } from './webcrypto-verifier.ts'

const name = 'ECDSA'
const algorithm = { name, hash: 'SHA-256' }
const hint = 'ECDSA requires it'

const verifyNumbers = /* @__PURE__ */ webCryptoVerifier(algorithm, 64, async (publicKey) =>
  isEcdsaPublicKey(publicKey)
    ? crypto.subtle.importKey('spki', publicKey, { name, namedCurve: curveOf(publicKey).name }, false, ['verify'])
    : undefined
)

/** WebCrypto expects r then s, where libp2p has DER. An error is not about the key, which is on its curve. */
export const verifyByPlatform: VerifyByPlatform = async (publicKey, message, signature) => {
  subtle(hint)
  const numbers = ecdsaSignatureFromDer(signature, curveOf(publicKey).size) as Uint8Array
  try {
    return await verifyNumbers(publicKey, message, numbers)
  } catch (cause) {
    throw algorithmUnsupported('ECDSA', cause)
  }
}

function curveOf(publicKey: Uint8Array): EcdsaCurve {
  return curveOfPublicKey(publicKey) as EcdsaCurve
}

export const importSigningKey: ImportSigningKey = async (privateKey) => {
  const { curve } = readEcdsaPrivateKey(privateKey)
  const identifier = Uint8Array.from(curve.identifier)
  const pkcs8 = ellipticPkcs8(privateKey, identifier)
  const key = await subtle(hint).importKey('pkcs8', pkcs8, { name, namedCurve: curve.name }, true, ['sign'])
  const point = jwkPoint(await crypto.subtle.exportKey('jwk', key))
  return {
    publicKey: ellipticSpki(point, identifier),
    sign: async (message) =>
      ecdsaSignatureToDer(new Uint8Array(await crypto.subtle.sign(algorithm, key, webCryptoBytes(message))))
  }
}
