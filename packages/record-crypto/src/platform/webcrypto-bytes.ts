/**
 * Bytes that WebCrypto takes: the same, or a copy where they are shared with another thread or in memory that may be
 * resized, both of which it refuses.
 */
export function webCryptoBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const buffer: ArrayBufferLike & { readonly resizable?: boolean | undefined } = bytes.buffer
  const taken = buffer instanceof ArrayBuffer && buffer.resizable !== true
  return taken ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes)
}
