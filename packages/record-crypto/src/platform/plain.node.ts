import { Buffer } from 'node:buffer'

/** Returns the same memory as a plain `Uint8Array`: the `slice` of a Node Buffer returns a view. */
export function plain<Memory extends ArrayBufferLike>(bytes: Uint8Array<Memory>): Uint8Array<Memory> {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Returns the same memory as a Buffer, which the types of node:crypto require. */
export function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Encodes bytes as in a JWK. */
export function base64Url(bytes: Uint8Array): string {
  return buffer(bytes).toString('base64url')
}
