import { decodePublicKey, encodePublicKey } from '@recordkit/record-codec'
import type { KeyType } from '@recordkit/record-types'

/** Whether `data` has the form of its type: RSA of 2048 to 8192 bits, a point on a known curve. */
export function isPublicKey(type: KeyType, data: Uint8Array): boolean {
  try {
    decodePublicKey(encodePublicKey({ type, data }))
    return true
  } catch {
    return false
  }
}
