import { concat } from '@recordkit/record-codec/internal'
import { fromBase64 } from '@recordkit/record-types/internal'

/** Returns the uncompressed point of an elliptic JSON Web Key. @see SEC 1, section 2.3.3 */
export function jwkPoint({ x, y }: JsonWebKey): Uint8Array {
  return concat([4], fromBase64(x as string), fromBase64(y as string))
}
