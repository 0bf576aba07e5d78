import type { PeerId, RecordErrorCode, Refusal, VerifiedRecord } from '@recordkit/record-types'
import type { PutStatus, StorePutResult } from '@recordkit/record-store'
import type { RecordView } from './record-view.ts'

/** Two different contents that one author signed under one key and sequence. Anyone can verify it: see `isEquivocation`. */
export interface Equivocation {
  readonly key: Uint8Array
  readonly values: readonly [Uint8Array, Uint8Array]
}

/** The result of receiving a record. It was accepted when `status` is `stored` or `refreshed`, and refused otherwise. */
export interface ReceiveResult {
  readonly status: PutStatus | 'ignored' | 'rejected'
  /** the reason of a refusal */
  readonly code?: RecordErrorCode | undefined
  readonly message?: string | undefined
  readonly cause?: unknown
  /** the record, when it is valid */
  readonly record?: VerifiedRecord | undefined
  readonly equivocation?: Equivocation | undefined
  /** the author of the stored record that was replaced, when it is not the author of this one */
  readonly replacedAuthor?: PeerId | undefined
  /** that record, not verified again */
  readonly replaced?: RecordView | undefined
}

export function resultOfRefusal({ status, code, message, cause }: Refusal): ReceiveResult {
  return { status: status === 'reject' ? 'rejected' : 'ignored', code, message, cause }
}

export function resultOfPut(
  record: VerifiedRecord,
  { status, mark }: StorePutResult,
  equivocation: Equivocation | undefined
): ReceiveResult {
  if (status === 'stored' || status === 'refreshed') return { status, record, equivocation }
  if (status === 'conflict') {
    const message = 'another record was stored since this one was made'
    return { status, record, code: 'STORE_CONTENDED', message, equivocation }
  }
  if (status === 'quota')
    return { status, record, code: 'QUOTA', message: 'the store is full and did not store the record' }
  const higher = mark === undefined ? 'the stored record' : 'a record that was stored before'
  return { status, record, code: 'STALE', message: `the record ranks below ${higher} under its key`, equivocation }
}
