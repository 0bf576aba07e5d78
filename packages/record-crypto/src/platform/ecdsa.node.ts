import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { isPublicKey } from '../public-key-shape.ts'
import { buffer, plain } from './plain.node.ts'
import type { ImportSigningKey, VerifyByPlatform } from './platform.ts'
import { nodeVerifier } from './verifier.node.ts'

export const verifyByPlatform: VerifyByPlatform = /* @__PURE__ */ nodeVerifier('sha256', 64, (publicKey) =>
  isPublicKey('ECDSA', publicKey) ? buffer(publicKey) : undefined
)

export const importSigningKey: ImportSigningKey = (privateKey) => {
  const key = createPrivateKey({ key: buffer(privateKey), format: 'der', type: 'sec1' })
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return { publicKey: new Uint8Array(publicKey), sign: (message) => plain(sign('sha256', message, key)) }
}
