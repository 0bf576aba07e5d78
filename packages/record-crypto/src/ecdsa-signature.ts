import { derElement, readDerInteger, readWholeDer } from '@recordkit/record-codec/internal'

/**
 * Decodes an ECDSA signature from DER to two numbers of `size` bytes each. Strict: a signature has one encoding.
 *
 * @returns r then s; `undefined` for BER, trailing bytes, negative numbers and numbers longer than `size`
 * @see RFC 3279, section 2.2.3
 */
export function ecdsaSignatureFromDer(der: Uint8Array, size: number): Uint8Array<ArrayBuffer> | undefined {
  const contents = readWholeDer(der, 0x30)
  if (contents === undefined) return undefined
  const reader = { bytes: contents, offset: 0 }
  const r = readDerInteger(reader)
  const s = readDerInteger(reader)
  if (r === undefined || s === undefined || reader.offset !== contents.length) return undefined
  if (r.length > size || s.length > size) return undefined
  const signature = new Uint8Array(2 * size)
  signature.set(r, size - r.length)
  signature.set(s, 2 * size - s.length)
  return signature
}

/** Encodes r then s as DER. */
export function ecdsaSignatureToDer(signature: Uint8Array): Uint8Array {
  const size = signature.length / 2
  return derElement(0x30, encodeInteger(signature.subarray(0, size)), encodeInteger(signature.subarray(size)))
}

function encodeInteger(number: Uint8Array): Uint8Array {
  let start = 0
  while (start < number.length - 1 && number[start] === 0) start++
  const shortest = number.subarray(start)
  return (shortest[0] as number) > 127 ? derElement(0x02, new Uint8Array(1), shortest) : derElement(0x02, shortest)
}
