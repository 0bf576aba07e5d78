import { createPrivateKey, sign } from 'node:crypto'
import { isPublicKey } from '../public-key-shape.ts'
import { rsaPublicKeyOf } from '../rsa-der.ts'
import { buffer, plain } from './plain.node.ts'
import type { ImportSigningKey, VerifyByPlatform } from './platform.ts'
import { nodeVerifier } from './verifier.node.ts'

export const verifyByPlatform: VerifyByPlatform = /* @__PURE__ */ nodeVerifier('sha256', 64, (publicKey) =>
  isPublicKey('RSA', publicKey) ? buffer(publicKey) : undefined
)

export const importSigningKey: ImportSigningKey = (privateKey) => {
  const key = createPrivateKey({ key: buffer(privateKey), format: 'der', type: 'pkcs1' })
  return { publicKey: rsaPublicKeyOf(privateKey), sign: (message) => plain(sign('sha256', message, key)) }
}
