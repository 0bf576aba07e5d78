import { failType, throwRecordError } from './throw-record-error.ts'

/**
 * Encodes text as UTF-8.
 *
 * @throws RecordError `TEXT_INVALID` for half a surrogate pair: two such texts would have the same bytes
 */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  if (typeof text !== 'string') failType(text, 'text', 'a string')
  if (/\p{Surrogate}/u.test(text)) throwRecordError('TEXT_INVALID', 'text contains half of a surrogate pair')
  return new TextEncoder().encode(text)
}
