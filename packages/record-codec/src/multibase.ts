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
