import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { algorithmUnsupported } from '../algorithm-unsupported.ts'
import type { EcdsaCurveName } from '../ecdsa-curve.ts'
import { readEcdsaPrivateKey } from '../ecdsa-private-key.ts'
import { curveOfPublicKey, isEcdsaPublicKey } from '../ecdsa-public-key.ts'
import * as webCrypto from './ecdsa.webcrypto.ts'
import { buffer, plain } from './plain.node.ts'
import type { ImportSigningKey, VerifyByPlatform } from './platform.ts'
import { nodeVerifier, spkiOf } from './verifier.node.ts'

const native = /* @__PURE__ */ nodeVerifier('sha256', 64, (publicKey) =>
  isEcdsaPublicKey(publicKey) ? spkiOf(publicKey) : undefined
)

export const verifyByPlatform: VerifyByPlatform = (publicKey, message, signature, threads) => {
  const curve = curveOfPublicKey(publicKey)
  if (curve !== undefined && !hasCurve(curve.name)) return webCrypto.verifyByPlatform(publicKey, message, signature)
  try {
    return native(publicKey, message, signature, threads)
  } catch (cause) {
    throw algorithmUnsupported('ECDSA', cause)
  }
}

export const importSigningKey: ImportSigningKey = (privateKey) => {
  if (!hasCurve(readEcdsaPrivateKey(privateKey).curve.name)) return webCrypto.importSigningKey(privateKey)
  const key = createPrivateKey({ key: buffer(privateKey), format: 'der', type: 'sec1' })
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return { publicKey: new Uint8Array(publicKey), sign: (message) => plain(sign('sha256', message, key)) }
}

const supported = /* @__PURE__ */ new Map<EcdsaCurveName, boolean>()

/** Whether node:crypto has a curve. Tested once: the one of Deno has P-521 only in WebCrypto, and its `verify` returns `false`. */
function hasCurve(namedCurve: EcdsaCurveName): boolean {
  let works = supported.get(namedCurve)
  if (works === undefined) {
    try {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
      const message = new Uint8Array(1)
      works = verify('sha256', message, publicKey, sign('sha256', message, privateKey))
    } catch {
      works = false
    }
    supported.set(namedCurve, works)
  }
  return works
}
