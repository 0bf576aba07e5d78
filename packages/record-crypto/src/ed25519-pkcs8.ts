/**
 * The PKCS#8 form of an Ed25519 private key, which both node:crypto and WebCrypto import.
 *
 * @param seed - 32 bytes
 * @see RFC 8410, section 7
 */
export function ed25519Pkcs8(seed: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]
  const bytes = new Uint8Array(head.length + seed.length)
  bytes.set(head)
  bytes.set(seed, head.length)
  return bytes
}
