import { Buffer } from 'node:buffer'

/** The same memory as a plain `Uint8Array`: Node's crypto answers with a subclass whose `slice` makes views. */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The same memory as the subclass that Node's declarations ask for. */
export function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
