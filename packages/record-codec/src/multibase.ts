import { fromHex } from '@recordkit/record-types/internal'

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const base36 = '0123456789abcdefghijklmnopqrstuvwxyz'
const base32 = 'abcdefghijklmnopqrstuvwxyz234567'
const base16 = '0123456789abcdef'

/**
 * Decodes text in base16, base32, base36 or base58btc, by its multibase prefix.
 *
 * @returns `undefined` for another prefix, letters outside of the base, and bits that are left over
 * @see multiformats Multibase specification
 */
export function decodeMultibase(text: string): Uint8Array | undefined {
  // base16, base32 and base36 have upper-case prefixes for their upper-case alphabets
  const lower = /^[BFK][0-9A-Z]*$/.test(text) ? text.toLowerCase() : text
  const digits = lower.slice(1)
  switch (lower[0]) {
    case 'k':
      return decodeNumber(digits, base36)
    case 'b':
      return decodeBits(digits, base32, 5)
    case 'f':
      return decodeBits(digits, base16, 4)
    case 'z':
      return decodeNumber(digits, base58)
    default:
      return undefined
  }
}

/** Decodes text in base58btc without a prefix; `undefined` for letters outside of the base. */
export function decodeBase58(text: string): Uint8Array | undefined {
  return decodeNumber(text, base58)
}

/** The bytes of a number in big-endian digits. Each zero digit at its beginning is a zero byte. */
function decodeNumber(text: string, alphabet: string): Uint8Array | undefined {
  const base = BigInt(alphabet.length)
  let number = 0n
  let zeros = 0
  for (const letter of text) {
    const digit = alphabet.indexOf(letter)
    if (digit < 0) return undefined
    number = number * base + BigInt(digit)
    if (number === 0n) zeros++
  }
  const hex = number === 0n ? '' : number.toString(16)
  const digits = fromHex(hex.length % 2 === 0 ? hex : `0${hex}`)
  const bytes = new Uint8Array(zeros + digits.length)
  bytes.set(digits, zeros)
  return bytes
}

/** The bytes of digits of `size` bits each, as RFC 4648 without padding. */
function decodeBits(text: string, alphabet: string, size: number): Uint8Array | undefined {
  const bytes = new Uint8Array((text.length * size) >> 3)
  let bits = 0
  let count = 0
  let length = 0
  for (const letter of text) {
    const digit = alphabet.indexOf(letter)
    if (digit < 0) return undefined
    bits = ((bits << size) | digit) & 0xfff
    count += size
    if (count >= 8) {
      count -= 8
      bytes[length++] = bits >> count
    }
  }
  // what is left over fills no digit, and is zero
  return count < size && (bits & ((1 << count) - 1)) === 0 ? bytes : undefined
}

/** Encodes bytes in base58btc without a prefix. Its time grows with the square of their number. */
export function encodeBase58(bytes: Uint8Array): string {
  // from the lowest; a byte is 1.366 digits
  const digits = new Uint8Array(Math.ceil(bytes.length * 1.366))
  let length = 0
  for (const byte of bytes) {
    let carry = byte
    let index = 0
    for (; index < length || carry > 0; index++) {
      carry += digits[index]! * 256
      digits[index] = carry % 58
      carry = (carry / 58) | 0
    }
    length = index
  }
  let text = ''
  for (const digit of digits.subarray(0, length)) text = base58[digit] + text
  const firstNonZero = bytes.findIndex((byte) => byte > 0)
  return '1'.repeat(firstNonZero < 0 ? bytes.length : firstNonZero) + text
}

/** Encodes bytes in base32, as RFC 4648 without padding, without a prefix. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let count = 0
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff
    for (count += 8; count >= 5; count -= 5) text += base32[(bits >> (count - 5)) & 31]
  }
  return count === 0 ? text : text + base32[(bits << (5 - count)) & 31]
}
