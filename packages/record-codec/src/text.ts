import { throwRecordError, failArgument } from './throw-record-error.ts'

/**
 * UTF-8 of `text`.
 *
 * @throws RecordError `TEXT_INVALID` when it holds half a surrogate pair: two such texts would have the same bytes
 */
export function encodeText(text: string): Uint8Array {
  if (typeof text !== 'string') failArgument('text must be a string')
  if (/\p{Surrogate}/u.test(text)) throwRecordError('TEXT_INVALID', 'text holds half of a surrogate pair')
  return new TextEncoder().encode(text)
}
