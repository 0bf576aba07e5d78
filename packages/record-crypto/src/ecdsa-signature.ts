import { derElement, readDer, readDerInteger, readWholeDer } from '@recordkit/record-codec/internal'
import { toHex } from '@recordkit/record-types/internal'

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
export function ecdsaSignatureToDer(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = signature.length / 2
  return derElement(0x30, encodeInteger(signature.subarray(0, size)), encodeInteger(signature.subarray(size)))
}

function encodeInteger(number: Uint8Array): Uint8Array<ArrayBuffer> {
  let start = 0
  while (start < number.length - 1 && number[start] === 0) start++
  const shortest = number.subarray(start)
  return (shortest[0] as number) > 127 ? derElement(0x02, new Uint8Array(1), shortest) : derElement(0x02, shortest)
}

/**
 * Returns a signature as strict DER with the lower of the two values of s, which anyone can exchange without the key. Ignores
 * what follows r and s, in their sequence and after it, as Go does. Other bytes are returned unchanged.
 *
 * @param size - of r and of s, in bytes
 * @param order - of the group, in hex
 */
export function normalizeEcdsaSignature(signature: Uint8Array, size: number, order: string): Uint8Array {
  const reader = { bytes: readDer({ bytes: signature, offset: 0 }, 0x30) ?? signature, offset: 0 }
  const r = readDerInteger(reader)
  const s = readDerInteger(reader)
  if (r === undefined || s === undefined || r.length > size || s.length > size) return signature
  const groupOrder = BigInt('0x' + order)
  const number = BigInt('0x' + toHex(s))
  if (number >= groupOrder) return signature
  const numbers = new Uint8Array(2 * size)
  numbers.set(r, size - r.length)
  let low = number > groupOrder / 2n ? groupOrder - number : number
  for (let offset = 2 * size; low > 0n; low >>= 8n) numbers[--offset] = Number(low & 0xffn)
  return ecdsaSignatureToDer(numbers)
}
