import { Buffer } from 'node:buffer'
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { byteCache } from '../byte-cache.ts'
import { ed25519Pkcs8 } from '../ed25519-pkcs8.ts'
import type { SigningKeyFromSeed, VerifyEquation } from './ed25519-platform.ts'
import { buffer, plain } from './plain.node.ts'

const importedKeys = /* @__PURE__ */ byteCache<KeyObject>(256)

/** RFC 8410, section 4 */
const spkiHead = '302a300506032b6570032100'

export const verifyEquation: VerifyEquation = (publicKey, message, signature) => {
  try {
    return verify(null, message, importPublicKey(publicKey), signature)
  } catch {
    return false
  }
}

function importPublicKey(publicKey: Uint8Array): KeyObject {
  let key = importedKeys.get(publicKey)
  if (key === undefined) {
    const spki = Buffer.concat([Buffer.from(spkiHead, 'hex'), publicKey])
    key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    importedKeys.set(publicKey, key)
  }
  return key
}

export const signingKeyFromSeed: SigningKeyFromSeed = (seed) => {
  const key = createPrivateKey({ key: buffer(ed25519Pkcs8(seed)), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    publicKey: new Uint8Array(spki.subarray(-32)),
    sign: (message) => plain(sign(null, message, key))
  }
}
