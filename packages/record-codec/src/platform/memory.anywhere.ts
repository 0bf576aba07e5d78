/** New memory for an encoded message. */
export function allocate(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(size)
}
