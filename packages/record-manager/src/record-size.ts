import type { RecordView } from './record-view.ts'

/** bytes that a record takes besides its key and value: the objects and the buffers of its fields; measured with small records */
const overhead = 2048

/**
 * The bytes that a record takes in memory, at most. Its content is a copy of a part of its value, or a view of one. What a schema
 * made of the content cannot be measured, and counts as six times the value.
 */
export function sizeOfRecord({
  key,
  value,
  parsedContent
}: Pick<RecordView, 'key' | 'parsedContent'> & { readonly value: Uint8Array }): number {
  return overhead + key.length + value.length * (parsedContent === undefined ? 2 : 8)
}
