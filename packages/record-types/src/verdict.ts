import type { RecordErrorCode } from './errors.ts'

/** A namespace accepts a record. */
export interface Accept {
  readonly status: 'accept'
  /** ns; the record is valid up to and including this instant; indefinitely when `undefined` */
  readonly until?: bigint | undefined
  /** the content as the schema of the namespace returned it; `undefined` in a namespace without a schema */
  readonly parsedContent?: unknown
  /** the identity of the record, where verifying it took the hash of what its author signed. @default the engine computes it */
  readonly identity?: Uint8Array | undefined
}

/**
 * A record is refused. `reject` counts against the sender: no honest peer of any implementation forwards such bytes, because their
 * signature is missing or does not verify, their key is not that of the name, or they are larger than their specification allows.
 * `ignore`: everything else. docs/refusals.md lists the status of every code.
 */
export interface Refusal {
  readonly status: 'ignore' | 'reject'
  readonly code: RecordErrorCode
  /** what is wrong, with which value, and what is expected */
  readonly message: string
  readonly cause?: unknown
}

/** The result of a namespace's validation. Validation never throws for bad bytes. */
export type Verdict = Accept | Refusal
