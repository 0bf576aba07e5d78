import { sha256 } from '@recordkit/record-crypto'
import { compareBytes, equalBytes } from '@recordkit/record-types'
import type { UnverifiedRecord, VerifiedRecord } from '@recordkit/record-types'

const identityLength = 32
/** bytes: longer orders do not fit into a rank */
export const maxOrder = 31

/** The order of a record, then its identity: the SHA-256 of what its author signed. */
export function rankOf(record: UnverifiedRecord | VerifiedRecord): Uint8Array {
  const { order } = record
  const rank = new Uint8Array(order.length + identityLength)
  rank.set(order)
  rank.set(identityOf(record), order.length)
  return rank
}

/** Compares two records of one key. The identity is computed only when their orders are equal. */
export function compareRecords(a: UnverifiedRecord, b: UnverifiedRecord): number {
  const order = compareBytes(a.order, b.order)
  if (order !== 0 || equalBytes(a.value, b.value)) return order
  return compareBytes(identityOf(a), identityOf(b))
}

function identityOf(record: UnverifiedRecord | VerifiedRecord): Uint8Array {
  const known = 'status' in record ? record.identity : undefined
  return known ?? sha256(record.signed?.() ?? record.value)
}
