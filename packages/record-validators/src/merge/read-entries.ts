import { readFields, readRepeatedBytes } from '@recordkit/record-codec/protobuf'
import { RecordError } from '@recordkit/record-types'

/**
 * Returns views of the entries of a merged value. Their number is checked before any is decoded: the time for a merge depends on it,
 * and not on the size of the value.
 *
 * @param limit - bytes
 * @param maxEntries - maximum number of entries. @default Infinity
 * @throws RecordError `VALUE_TOO_LARGE` for more entries; `TOO_LARGE`, `PROTOBUF_…`, `INVALID_ARGUMENT`
 */
export function readEntries(
  bytes: Uint8Array,
  limit: number,
  what: string,
  maxEntries: number = Number.POSITIVE_INFINITY
): Uint8Array[] {
  const fields = readFields(bytes, limit, what, [10], true)
  const count = fields.offsets.length / 2
  if (count > maxEntries)
    throw new RecordError('VALUE_TOO_LARGE', `${what} has ${count} entries; the limit is ${maxEntries}`, {
      size: count,
      limit: maxEntries
    })
  return readRepeatedBytes(fields, 0)
}
