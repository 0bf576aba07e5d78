/**
 * Returns bytes that WebCrypto accepts: the same bytes, or a copy when their memory is shared with another thread or
 * resizable.
 */
export function webCryptoBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const buffer: ArrayBufferLike & { readonly resizable?: boolean | undefined } = bytes.buffer
  const accepted = buffer instanceof ArrayBuffer && buffer.resizable !== true
  return accepted ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes)
}
