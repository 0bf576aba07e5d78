import { isRefusal } from '@recordkit/record-types'
import type { Refusal, UnverifiedRecord } from '@recordkit/record-types'

/** A record with the bytes that its author signed in place of the function that returns them, so that records can be compared. */
export function withSignedBytes(record: UnverifiedRecord | Refusal): unknown {
  return isRefusal(record) ? record : { ...record, signed: record.signed?.() }
}
