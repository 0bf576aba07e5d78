import { fromBase64 } from './base64.ts'

/** The uncompressed point of an elliptic JSON Web Key. @see SEC 1, section 2.3.3 */
export function jwkPoint({ x, y }: JsonWebKey): Uint8Array {
  const coordinates = [fromBase64(x as string), fromBase64(y as string)] as const
  return Uint8Array.of(4, ...coordinates[0], ...coordinates[1])
}
