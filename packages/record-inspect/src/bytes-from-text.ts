import { parseIpnsName } from '@recordkit/record-codec'
import { decodeMultibase } from '@recordkit/record-codec/internal'
import { isRecordError, RecordError } from '@recordkit/record-types'
import { fromBase64, fromHex, printable } from '@recordkit/record-types/internal'

/** Bytes, and the encoding of the text that they were decoded from. */
export interface DecodedText {
  readonly bytes: Uint8Array
  readonly encoding: 'hexadecimal' | 'base64' | 'base64url' | 'multibase' | 'text'
}

/** characters: the largest message of a DHT in hexadecimal, with separators */
const maxText = 12_582_912
/** characters; decoding base36 and base58 takes quadratic time */
const maxNumberText = 8192

/**
 * Decodes hexadecimal text: with or without `0x` before it, and with white space or colons between the digits.
 *
 * @throws RecordError `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const bytes = bytesFromHex('0x0a 24')
 * ```
 */
export function bytesFromHex(text: string): Uint8Array {
  const digits = text.replaceAll(/[\s:]/g, '').replace(/^0x/i, '').toLowerCase()
  if (digits.length % 2 === 0 && /^[0-9a-f]*$/.test(digits)) return fromHex(digits)
  throw new RecordError('INVALID_ARGUMENT', 'the input is not hexadecimal text')
}

/**
 * Decodes base64 or base64url, with or without padding and the prefix of multibase.
 *
 * @throws RecordError `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const bytes = bytesFromBase64('AAAA')
 * ```
 */
export function bytesFromBase64(text: string): Uint8Array {
  const compact = text.replaceAll(/\s/g, '')
  const { length } = compact.replace(/=+$/, '')
  // with the prefix of multibase: no format begins with the bytes of `m` and `u`
  const isMultibase = /^[mu]/.test(compact) || (/^[MU]/.test(compact) && length % 4 === 1)
  return fromBareBase64(isMultibase ? compact.slice(1) : compact)
}

/**
 * The bytes that a text can mean, the most likely first: hexadecimal, base64, base64url, multibase, or the text itself for names, peer IDs
 * and keys in PEM. Some texts are legal in several encodings; the one whose bytes are in a known format is then the right one.
 *
 * @returns at least one
 * @throws RecordError `INVALID_ARGUMENT` with one sentence when the text is empty, too long or in none of these encodings
 * @example
 * ```ts
 * for (const { bytes, encoding } of bytesFromText(pasted)) console.log(encoding, bytes.length)
 * ```
 */
export function bytesFromText(text: string): readonly DecodedText[] {
  if (text.length > maxText)
    throw new RecordError('INVALID_ARGUMENT', `the text has ${text.length} characters; the limit is ${maxText}`)
  const trimmed = text.trim().replace(/^(["'`])([\s\S]*)\1$/, '$2')
  if (trimmed === '') throw new RecordError('INVALID_ARGUMENT', 'the input is empty')
  if (isName(trimmed) || trimmed.startsWith('-----BEGIN ')) return [asText(trimmed)]
  const compact = trimmed.replaceAll(/\s/g, '')
  // M and U are the prefixes of padded base64, and letters with which the base64 of some formats begins
  const rest = /^[MU]/.test(compact) ? [base64, multibase] : [multibase, base64]
  const found = [hexadecimal(trimmed), ...rest.map((decode) => decode(compact))].filter((one) => one !== undefined)
  if (found.length === 0) throw notText(trimmed)
  return found
}

function isName(text: string): boolean {
  if (text.length > 256) return false
  try {
    parseIpnsName(text)
    return true
  } catch (error) {
    if (isRecordError(error)) return false
    throw error
  }
}

function asText(text: string): DecodedText {
  return { bytes: new TextEncoder().encode(text), encoding: 'text' }
}

function hexadecimal(text: string): DecodedText | undefined {
  if (!/^(?:0x)?[0-9a-f\s:]+$/i.test(text)) return undefined
  const bytes = decoded(() => bytesFromHex(text))
  return bytes && { bytes, encoding: 'hexadecimal' }
}

function multibase(text: string): DecodedText | undefined {
  if (/^[kKz]/.test(text) && text.length > maxNumberText) return undefined
  const bytes = /^[mMuU]/.test(text) ? decoded(() => fromBareBase64(text.slice(1))) : decodeMultibase(text)
  return bytes && bytes.length > 0 ? { bytes, encoding: 'multibase' } : undefined
}

function base64(text: string): DecodedText | undefined {
  const bytes = decoded(() => fromBareBase64(text))
  return bytes && { bytes, encoding: /[-_]/.test(text) ? 'base64url' : 'base64' }
}

/** Without a prefix. @throws RecordError `INVALID_ARGUMENT` */
function fromBareBase64(text: string): Uint8Array {
  const digits = text.replace(/=+$/, '')
  if (!/^[\w+/-]*$/.test(digits) || digits.length % 4 === 1)
    throw new RecordError('INVALID_ARGUMENT', 'the input is not base64 text')
  return fromBase64(digits)
}

function decoded(decode: () => Uint8Array): Uint8Array | undefined {
  try {
    return decode()
  } catch (error) {
    if (isRecordError(error)) return undefined
    throw error
  }
}

/** Names the first character that no encoding has; a text without one is cut off or not text of bytes. */
function notText(text: string): RecordError<'INVALID_ARGUMENT'> {
  const position = text.search(/[^A-Za-z0-9+/=_\-\s:]/)
  const where =
    position < 0
      ? 'it is cut off, or characters are missing'
      : `the character "${printable(String.fromCodePoint(text.codePointAt(position) as number))}" at position ${position + 1} is in none of them`
  return new RecordError('INVALID_ARGUMENT', `the text is not hexadecimal, base64 or multibase: ${where}`)
}
