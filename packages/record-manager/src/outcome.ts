import type { OpenedRecord, PutOutcome, PutResult, Refusal, RefusalCode } from '@recordkit/record-types'

/** Two different contents by one author under one key and sequence: anyone can verify that they contradict each other. */
export interface Equivocation {
  readonly key: Uint8Array
  readonly values: readonly [Uint8Array, Uint8Array]
}

/**
 * What became of a record that was handed in. A peer is told yes for `stored` and `refreshed` only.
 */
export interface Outcome {
  readonly outcome: PutOutcome | 'ignored' | 'rejected'
  /** why, for everything that is not `stored` or `refreshed` */
  readonly code?: RefusalCode
  readonly message?: string
  readonly cause?: unknown
  /** the record, read, when it could be */
  readonly opened?: OpenedRecord
  readonly equivocation?: Equivocation
}

export function refused({ verdict, code, message, cause }: Refusal): Outcome {
  return {
    outcome: verdict === 'reject' ? 'rejected' : 'ignored',
    code,
    message,
    ...(cause === undefined ? {} : { cause })
  }
}

/** The outcome of a store's answer. */
export function kept(opened: OpenedRecord, { outcome, mark }: PutResult, evidence: Equivocation | undefined): Outcome {
  const equivocation = evidence === undefined ? {} : { equivocation: evidence }
  if (outcome === 'stored' || outcome === 'refreshed') return { outcome, opened, ...equivocation }
  if (outcome === 'quota') return { outcome, opened, code: 'QUOTA', message: 'the store has no room for this record' }
  const what = mark === undefined ? 'the record held' : 'one that was held before'
  return { outcome, opened, code: 'STALE', message: `the record ranks below ${what} under its key`, ...equivocation }
}
