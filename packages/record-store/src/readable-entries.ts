import { isRecordError, RecordError } from '@recordkit/record-types'
import type { StoreEntry } from './backend.ts'
import { higherMark, isExpired, markFor } from './put-rule.ts'
import { copyMark, copyRecord } from './store-arguments.ts'
import type { HighWaterMark, StoredRecord } from './store.ts'

/** What is called for an entry that cannot be decoded, which then counts as absent. */
export type OnCorrupt = ((error: RecordError<'STORE_CORRUPT'>) => void) | undefined

/** Whether an entry can be decoded. @throws RecordError `STORE_NEWER_FORMAT`; `STORE_CORRUPT` without `onCorrupt` */
export function checkReadable(entry: StoreEntry | undefined, onCorrupt: OnCorrupt): boolean {
  if (entry?.newer !== undefined) throw entry.newer
  if (entry?.corrupt === undefined) return true
  const error = isRecordError(entry.corrupt, 'STORE_CORRUPT')
    ? entry.corrupt
    : new RecordError('STORE_CORRUPT', `an entry cannot be decoded: ${entry.corrupt.message}`, { cause: entry.corrupt })
  if (onCorrupt === undefined) throw error
  onCorrupt(error)
  return false
}

/** A copy of the record of an entry, if there is one that has not expired. */
export function recordOf(
  entry: StoreEntry | undefined,
  onCorrupt: OnCorrupt,
  now: bigint,
  expired = false
): StoredRecord | undefined {
  if (!checkReadable(entry, onCorrupt)) return undefined
  const record = entry?.record
  return record === undefined || (!expired && isExpired(record, now)) ? undefined : copyRecord(record)
}

/** The mark of an entry, or the one that its expired record leaves. */
export function markOf({ record, mark }: StoreEntry, now: bigint): HighWaterMark | undefined {
  return record === undefined || !isExpired(record, now) ? mark : higherMark(mark, markFor(record, now))
}

/** A copy of a mark whose time is not over. */
export function validMark(mark: HighWaterMark | undefined, now: bigint): HighWaterMark | undefined {
  return mark === undefined || mark.until < now ? undefined : copyMark(mark)
}
