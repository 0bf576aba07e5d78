import { equalBytes, isRefusal, RecordError } from '@recordkit/record-types'
import type { AbortOptions, Clock, Namespace, Signer } from '@recordkit/record-types'
import { nanosecondsOf } from '@recordkit/record-types/internal'
import type { RecordStore } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import { highestSequence, nextSequence } from './next-sequence.ts'
import type { KnownState } from './next-sequence.ts'
import type { RecordPipeline } from './record-pipeline.ts'
import type { Replicator } from './replication.ts'

export interface SealOptions extends AbortOptions {
  /** ask no peers. @default false */
  readonly offline?: boolean | undefined
  /** ms for each call of the network; `Infinity` means no timeout. @default the `timeout` of the network */
  readonly timeout?: number | undefined
  /** compare and set: the put fails with `SEQUENCE_CONFLICT` unless this is the latest known sequence */
  readonly ifSequence?: bigint | undefined
  /**
   * ask the network for the latest sequence before a new record is made. A record that ranks below the copies of peers would
   * not be accepted by them. @default true when the store knows no sequence of the key, and with `ifSequence`
   */
  readonly checkNetwork?: boolean | undefined
  /** ms from now until the record expires. @default the lifetime of the namespace: 172_800_000 (48 hours) */
  readonly lifetime?: number | undefined
  /** ms for which readers may cache the record; 0 means not at all. @default as in the previous record, else as in the namespace */
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

/** Makes the values of new records: in the format of the namespace, with the next sequence, signed. */
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
   * @throws RecordError `SIGNER_MISSING`, `NAMESPACE_READ_ONLY`, `KEY_REVOKED`, `REVOCATION_FORBIDDEN`, `SEQUENCE_CONFLICT`, `SEQUENCE_EXHAUSTED`,
   * the refusal of the namespace; the error of the network when it had to be asked
   */
  async seal(key: Uint8Array, content: Uint8Array, revoked: boolean, options: SealOptions): Promise<SealedRecord> {
    const { signer, clock, engine } = this.#options
    const namespace = this.#sealingNamespace(key)
    if (signer === undefined)
      throw new RecordError('SIGNER_MISSING', 'this manager has no signer; pass the option `signer` to put records', {
        key
      })
    const known = await this.#known(key, options)
    const { record } = known
    if (record?.revoked === true && !revoked)
      throw new RecordError('KEY_REVOKED', 'the key was revoked by its owner; it accepts no further records', {
        key
      })
    const unchanged =
      record !== undefined && (record.revoked ?? false) === revoked && equalBytes(engine.content(record), content)
    const sequence = nextSequence(highestSequence(namespace, known), record, unchanged, options.ifSequence, key)
    const lifetime = nanosecondsFrom(options.lifetime)
    const ttl = nanosecondsFrom(options.ttl)
    const draft = { key, content, sequence, revoked, lifetime, ttl, previous: record?.value }
    const value = await namespace.seal(draft, { now: clock(), signer, signal: options.signal })
    if (revoked) this.#checkRevocation(key, value, namespace)
    return { value, ifRank: known.ifRank }
  }

  /** A format without revocations ignores `revoked`; its record would not end the key. */
  #checkRevocation(key: Uint8Array, value: Uint8Array, namespace: Namespace): void {
    const record = this.#options.engine.parse(key, value, namespace)
    if (isRefusal(record) || record.revoked !== true)
      throw new RecordError('REVOCATION_FORBIDDEN', `records of ${namespace.name} cannot revoke their key`, { key })
  }

  #sealingNamespace(key: Uint8Array): Sealing {
    const namespace = this.#options.engine.namespaceOf(key)
    if ('status' in namespace) throw new RecordError(namespace.code, namespace.message, { key })
    if (namespace.seal !== undefined) return namespace as Sealing
    throw new RecordError(
      'NAMESPACE_READ_ONLY',
      `records of ${namespace.name} cannot be made here; call putSigned or receive with a signed value`,
      { key }
    )
  }

  /** The latest known state of a key: from the store, and from the network when requested or when the store knows none. */
  async #known(key: Uint8Array, options: SealOptions): Promise<KnownState & Pick<SealedRecord, 'ifRank'>> {
    const { pipeline, store, network } = this.#options
    const { signal, timeout, ifSequence, offline } = options
    const { stored, verified } = (await pipeline.readStored(key, { signal })) ?? {}
    const ifRank = stored?.rank ?? null
    // the rank of a stored record counts also when the record is not valid any more
    const mark = stored ?? (await store.mark(key, { signal }))
    const askByDefault = ifSequence !== undefined || (verified === undefined && mark === undefined)
    const checkNetwork = options.checkNetwork ?? (offline !== true && askByDefault)
    if (!checkNetwork || network === undefined) return { record: verified, mark, ifRank }
    return { record: await network.latest(key, verified, { timeout, signal }), mark, ifRank }
  }
}

function nanosecondsFrom(milliseconds: number | undefined): bigint | undefined {
  return milliseconds === undefined ? undefined : nanosecondsOf(milliseconds)
}
