import { RecordError } from '@recordkit/record-types'
import type { ReplicationReceipt } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { Publication } from '@recordkit/record-store'
import type { PublicationParts } from './publication-parts.ts'
import type { HeldRecord } from './record-pipeline.ts'

/** Reports failed publications and lapsed records as metrics and events. */
export class PublicationReports {
  readonly #parts: Pick<PublicationParts, 'pipeline' | 'metrics' | 'events'>
  /** the keys of lapsed records that were reported */
  readonly #lapsed = new Set<string>()

  constructor(parts: Pick<PublicationParts, 'pipeline' | 'metrics' | 'events'>) {
    this.#parts = parts
  }

  failed(key: Uint8Array, error: unknown): void {
    this.#parts.metrics.publication(key, 'failed')
    this.#parts.events.dispatch('record:unpublished', { key, error })
  }

  /** Reports once that a record has lapsed. */
  lapsed(key: Uint8Array, held: HeldRecord | undefined, error: unknown): void {
    const name = mapKey(key)
    if (this.#lapsed.has(name)) return
    this.#lapsed.add(name)
    const { pipeline, metrics, events } = this.#parts
    metrics.publication(key, 'lapsed')
    events.dispatch('record:lapsed', {
      key,
      record: held && pipeline.view(held.record, held.stored.timeReceived),
      error
    })
  }

  /** The record of a key is valid, or the key is not published any more. */
  forget(key: Uint8Array): void {
    this.#lapsed.delete(mapKey(key))
  }
}

/** Why there is no valid record to publish. */
export function lapsedError({ key, signer }: Publication, held: HeldRecord | undefined): RecordError {
  if (held === undefined) return new RecordError('EXPIRED', 'there is no record to publish under this key', { key })
  const { refusal } = held
  if (refusal !== undefined && refusal.code !== 'EXPIRED')
    return new RecordError(refusal.code, refusal.message, { key })
  if (signer === undefined) return new RecordError('EXPIRED', 'the record of another author has expired', { key })
  return new RecordError('SIGNER_MISSING', 'the record has expired, and its signer was not passed to this manager', {
    key
  })
}

/** Enough copies for the caller of a put, but not to wait for the whole interval. */
export function tooFewCopies(key: Uint8Array, receipt: ReplicationReceipt): RecordError<'TOO_FEW_COPIES'> {
  const { copies, peers } = receipt
  return new RecordError(
    'TOO_FEW_COPIES',
    copies.reached === 0
      ? 'no peer stored the record; it is published again'
      : `${copies.reached} of ${peers.length} peers stored the record, fewer than ten and than half; it is published again`,
    { key, details: receipt }
  )
}
