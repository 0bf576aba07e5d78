import { derElement, readDer, readWholeDer } from './der.ts'
import type { DerReader } from './der.ts'

/**
 * An ECDSA signature as two numbers of `size` bytes each, from its DER form. Strict: one signature has one form.
 *
 * @returns r then s; `undefined` for BER, trailing bytes, negative numbers and numbers longer than `size`
 * @see RFC 3279, section 2.2.3
 */
export function ecdsaSignatureFromDer(der: Uint8Array, size: number): Uint8Array<ArrayBuffer> | undefined {
  const contents = readWholeDer(der, 0x30)
  if (contents === undefined) return undefined
  const reader = { bytes: contents, offset: 0 }
  const r = readPositive(reader)
  const s = readPositive(reader)
  if (r === undefined || s === undefined || reader.offset !== contents.length) return undefined
  if (r.length > size || s.length > size) return undefined
  const signature = new Uint8Array(2 * size)
  signature.set(r, size - r.length)
  signature.set(s, 2 * size - s.length)
  return signature
}

/** The DER form of r then s. */
export function ecdsaSignatureToDer(signature: Uint8Array): Uint8Array {
  const size = signature.length / 2
  return derElement(0x30, writePositive(signature.subarray(0, size)), writePositive(signature.subarray(size)))
}

/** An INTEGER of the shortest form that is not negative, without the zero that keeps it so. */
function readPositive(reader: DerReader): Uint8Array | undefined {
  const bytes = readDer(reader, 0x02)
  if (bytes === undefined || bytes.length === 0 || (bytes[0] as number) > 127) return undefined
  if (bytes[0] !== 0 || bytes.length === 1) return bytes
  return (bytes[1] as number) > 127 ? bytes.subarray(1) : undefined
}

function writePositive(number: Uint8Array): Uint8Array {
  let start = 0
  while (start < number.length - 1 && number[start] === 0) start++
  const shortest = number.subarray(start)
  return (shortest[0] as number) > 127 ? derElement(0x02, new Uint8Array(1), shortest) : derElement(0x02, shortest)
}
