import { equalBytes, RecordError, signalOf } from '@recordkit/record-types'
import type { AbortOptions, Clock, Namespace, RecordStore, Signer } from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { ManagedNetwork } from './managed-network.ts'
import { highestSequence, nextSequence } from './next-sequence.ts'
import type { Known } from './next-sequence.ts'
import type { RecordPath } from './record-path.ts'

export interface SealOptions extends AbortOptions {
  /** touch no network */
  readonly offline?: boolean
  /** ms: for asking the network */
  readonly deadline?: number
  /** compare and set: fail with `SEQUENCE_CONFLICT` unless this is the latest sequence known */
  readonly ifSequence?: bigint
  /**
   * Ask the network for the latest sequence before making a new one. By default when nothing is known here, as a record
   * that starts again below what others hold would never be taken, and with `ifSequence`.
   */
  readonly refresh?: boolean
  /** ns from now */
  readonly lifetime?: bigint
  /** ns */
  readonly ttl?: bigint
}

interface PublisherParts {
  readonly engine: ValidationEngine
  readonly store: RecordStore
  readonly path: RecordPath
  readonly signer: Signer | undefined
  readonly network: ManagedNetwork | undefined
  readonly clock: Clock
}

type Sealing = Namespace & Required<Pick<Namespace, 'seal'>>

/** Makes values of our own: the namespace's form, the next sequence, our signature. */
export class Publisher {
  readonly #parts: PublisherParts

  constructor(parts: PublisherParts) {
    this.#parts = parts
  }

  /**
   * The value of a new record. Calls for one key come one after another.
   *
   * @throws RecordError `NOT_SEALABLE`, `KEY_REVOKED`, `SEQUENCE_CONFLICT`, `SEQUENCE_EXHAUSTED`, the namespace's refusal;
   * what the network throws when it had to be asked
   */
  async seal(key: Uint8Array, content: Uint8Array, revoked: boolean, options: SealOptions): Promise<Uint8Array> {
    const { signer, clock, engine } = this.#parts
    const namespace = this.#namespace(key)
    if (signer === undefined)
      throw new RecordError('NOT_SEALABLE', 'this manager has no signer; hand one in to put records', { key })
    const known = await this.#known(key, options)
    const { held } = known
    if (held?.revoked === true && !revoked)
      throw new RecordError('KEY_REVOKED', 'this key is closed for good by its owner', { key })
    const unchanged =
      held !== undefined && (held.revoked ?? false) === revoked && equalBytes(engine.content(held), content)
    const sequence = nextSequence(highestSequence(namespace, known), held, unchanged, options.ifSequence, key)
    const { lifetime, ttl } = options
    const draft = {
      key,
      content,
      sequence,
      ...(revoked ? { revoked } : {}),
      ...(lifetime === undefined ? {} : { lifetime }),
      ...(ttl === undefined ? {} : { ttl }),
      ...(held === undefined ? {} : { previous: held.value })
    }
    return namespace.seal(draft, { now: clock(), signer, ...signalOf(options) })
  }

  #namespace(key: Uint8Array): Sealing {
    const namespace = this.#parts.engine.namespaceOf(key)
    if ('verdict' in namespace) throw new RecordError(namespace.code, namespace.message, { key })
    if (namespace.seal !== undefined) return namespace as Sealing
    throw new RecordError(
      'NOT_SEALABLE',
      `records of ${namespace.name} are not made here; hand a finished one to receive`,
      { key }
    )
  }

  /** The latest that is known of a key: here, and among peers where asked for or where nothing is known here. */
  async #known(key: Uint8Array, options: SealOptions): Promise<Known> {
    const { path, store, network } = this.#parts
    const held = (await path.held(key, options))?.opened
    const mark = await store.mark(key, signalOf(options))
    // what is compared with is to be the latest, and what begins is not to begin below what others hold
    const blind = options.ifSequence !== undefined || (held === undefined && mark === undefined)
    const refresh = options.refresh ?? (options.offline !== true && blind)
    if (!refresh || network === undefined) return { held, mark }
    return { held: await network.latest(key, held, options), mark }
  }
}
