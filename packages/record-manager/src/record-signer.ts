import { equalBytes, RecordError } from '@recordkit/record-types'
import type { AbortOptions, Clock, Namespace, Signer } from '@recordkit/record-types'
import { checkDuration, nanosecondsOf } from '@recordkit/record-types/internal'
import type { RecordStore } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import { highestSequence, nextSequence } from './next-sequence.ts'
import type { KnownState } from './next-sequence.ts'
import type { RecordPipeline } from './record-pipeline.ts'
import type { Replicator } from './replication.ts'

export interface SealOptions extends AbortOptions {
  /** ask no peers. @default false */
  readonly offline?: boolean | undefined
  /** ms for asking the network; `Infinity` means no timeout. @default 30_000 */
  readonly timeout?: number | undefined
  /** compare and set: fail with `SEQUENCE_CONFLICT` unless this is the latest known sequence */
  readonly ifSequence?: bigint | undefined
  /**
   * Ask the network for the latest sequence before a new record is made. By default it is asked when nothing is known
   * locally, because a record that ranks below the copies of other peers would not be accepted, and with `ifSequence`.
   */
  readonly checkNetwork?: boolean | undefined
  /** ms from now until the record expires. @default 172_800_000 (48 hours) */
  readonly lifetime?: number | undefined
  /** ms for which readers may cache the record. @default as in the previous record, else the default of the namespace */
  readonly ttl?: number | undefined
}

/** A value of our own that was made for one state of the store. */
export interface SealedRecord {
  readonly value: Uint8Array
  /** rank of the stored record that it follows; `null` when there is none */
  readonly ifRank: Uint8Array | null
}

interface RecordSignerOptions {
  readonly engine: ValidationEngine
  readonly store: RecordStore
  readonly pipeline: RecordPipeline
  readonly signer: Signer | undefined
  readonly network: Replicator | undefined
  readonly clock: Clock
}

type Sealing = Namespace & Required<Pick<Namespace, 'seal'>>

/** Makes the values of our own records: the format of the namespace, the next sequence, our signature. */
export class RecordSigner {
  readonly #options: RecordSignerOptions

  constructor(options: RecordSignerOptions) {
    this.#options = options
  }

  /**
   * Makes the value of a new record. It must be put with `ifRank`, and made again if that is a conflict: another process has
   * put a record meanwhile.
   *
   * @returns the value, and the rank of the stored record that it follows
   * @throws RecordError `SIGNER_MISSING`, `NAMESPACE_READ_ONLY`, `KEY_REVOKED`, `SEQUENCE_CONFLICT`, `SEQUENCE_EXHAUSTED`,
   * `INVALID_ARGUMENT`, the refusal of the namespace; what the network throws when it had to be asked
   */
  async seal(key: Uint8Array, content: Uint8Array, revoked: boolean, options: SealOptions): Promise<SealedRecord> {
    const { signer, clock, engine } = this.#options
    const lifetime = durationOf(options.lifetime, 'lifetime')
    const ttl = options.ttl === 0 ? 0n : durationOf(options.ttl, 'ttl')
    const namespace = this.#sealingNamespace(key)
    if (signer === undefined)
      throw new RecordError('SIGNER_MISSING', 'this manager has no signer; pass `signer` to put records', { key })
    const known = await this.#known(key, options)
    const { record } = known
    if (record?.revoked === true && !revoked)
      throw new RecordError('KEY_REVOKED', 'the owner of this key has revoked it; it accepts no further records', {
        key
      })
    const unchanged =
      record !== undefined && (record.revoked ?? false) === revoked && equalBytes(engine.content(record), content)
    const sequence = nextSequence(highestSequence(namespace, known), record, unchanged, options.ifSequence, key)
    const draft = { key, content, sequence, revoked, lifetime, ttl, previous: record?.value }
    const value = await namespace.seal(draft, { now: clock(), signer, signal: options.signal })
    return { value, ifRank: known.ifRank }
  }

  #sealingNamespace(key: Uint8Array): Sealing {
    const namespace = this.#options.engine.namespaceOf(key)
    if ('status' in namespace) throw new RecordError(namespace.code, namespace.message, { key })
    if (namespace.seal !== undefined) return namespace as Sealing
    throw new RecordError(
      'NAMESPACE_READ_ONLY',
      `records of ${namespace.name} cannot be made here; pass a signed value to putSigned or receive`,
      { key }
    )
  }

  /** The latest known state of a key: of the store, and of the network where requested or where the store has nothing. */
  async #known(key: Uint8Array, options: SealOptions): Promise<KnownState & Pick<SealedRecord, 'ifRank'>> {
    const { pipeline, store, network } = this.#options
    const { signal, timeout, ifSequence, offline } = options
    const { stored, verified } = (await pipeline.readStored(key, { signal })) ?? {}
    const ifRank = stored?.rank ?? null
    const mark = await store.mark(key, { signal })
    const blind = ifSequence !== undefined || (verified === undefined && mark === undefined)
    const checkNetwork = options.checkNetwork ?? (offline !== true && blind)
    if (!checkNetwork || network === undefined) return { record: verified, mark, ifRank }
    return { record: await network.latest(key, verified, { timeout, signal }), mark, ifRank }
  }
}

/** ns; `undefined` stays `undefined` */
function durationOf(milliseconds: number | undefined, name: string): bigint | undefined {
  return milliseconds === undefined ? undefined : nanosecondsOf(checkDuration(milliseconds, name, 0))
}
