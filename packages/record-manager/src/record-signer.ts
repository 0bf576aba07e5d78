import { compareBytes, equalBytes, isRefusal, RecordError } from '@recordkit/record-types'
import type { AbortOptions, Clock, Namespace, PeerId, Signer, VerifiedRecord } from '@recordkit/record-types'
import { LocalSignatures, nanosecondsOf, raceAbort, turns } from '@recordkit/record-types/internal'
import type { RecordStore } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { ClockCheck } from './clock-check.ts'
import type { KeyChain } from './key-chain.ts'
import { checkChosenSequence, checkIfSequence, isCounter, nextSequence } from './next-sequence.ts'
import type { RecordPipeline } from './record-pipeline.ts'
import type { Replicator } from './replication.ts'
import { sequenceOfRank } from './sequence-of-rank.ts'

export interface SealOptions extends AbortOptions {
  /**
   * signs the record: a signer, or the peer ID of one of the manager's. @default the signer of the owner whom the key names (an
   * IPNS name, an owned key), else the default signer of the manager
   */
  readonly signer?: Signer | PeerId | undefined
  /** ask no peers. @default false */
  readonly offline?: boolean | undefined
  /** ms for each call of the network; `Infinity` means no timeout. @default the `timeout` of the network */
  readonly timeout?: number | undefined
  /**
   * compare and set: the put fails with `SEQUENCE_CONFLICT` unless this is the sequence of the current record; `null`: unless
   * there is none. With a network its origin is asked
   */
  readonly ifSequence?: bigint | null | undefined
  /**
   * the sequence of the record, above the highest known one. @default the current time in ms, or one above the highest known
   * sequence when that is later; counters below 2^40, which other implementations start, continue with + 1
   */
  readonly sequence?: bigint | undefined
  /** sign although the clock seems to be wrong. @default the `trustClock` of the manager */
  readonly trustClock?: boolean | undefined
  /**
   * ask the network for the latest sequence before a new record is made. A record that ranks below the copies of peers would
   * not be accepted by them. @default true when the store knows no sequence of the key, or a counter below 2^40 that another
   * implementation may continue, and with `ifSequence`
   */
  readonly checkNetwork?: boolean | undefined
  /** ms from now until the record expires. @default the lifetime of the namespace: 172_800_000 (48 hours) */
  readonly lifetime?: number | undefined
  /**
   * ms for which readers may cache the record, at most its lifetime; 0 means not at all. @default as in the previous record, else
   * as in the namespace: at most 300_000 (5 minutes), and never more than the lifetime
   */
  readonly ttl?: number | undefined
}

/** A value of our own that was made for one state of the store. */
export interface SealedRecord {
  readonly value: Uint8Array
  /** peer ID of the key that signed it */
  readonly signer: PeerId
  /** its signatures, when they were made in this process and need not be verified */
  readonly signatures: LocalSignatures | undefined
  /** rank of the stored record that it follows; `null` when there is none */
  readonly ifRank: Uint8Array | null
  /** the highest rank that is known under the key; the record ranks below it where the namespace cannot make a higher one */
  readonly highestRank: Uint8Array | undefined
}

interface RecordSignerOptions {
  readonly engine: ValidationEngine
  readonly store: RecordStore
  readonly pipeline: RecordPipeline
  readonly signers: KeyChain
  readonly network: Replicator | undefined
  readonly clock: Clock
  readonly clockCheck: ClockCheck
}

/** What is known about a key before a new record is made for it. */
interface KnownState extends Omit<SealedRecord, 'value' | 'signer' | 'signatures'> {
  /** the best valid record of the store and the network */
  readonly record: VerifiedRecord | undefined
  /** that record, if a read returns it: not below what the store remembers */
  readonly current: VerifiedRecord | undefined
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
   * @returns the value, and the ranks of what it follows
   * @throws RecordError `SIGNER_MISSING`, `AUTHOR_FORBIDDEN`, `NAMESPACE_READ_ONLY`, `KEY_REVOKED`, `REVOCATION_UNSUPPORTED`, `CLOCK_UNSOUND`,
   * `SEQUENCE_CONFLICT`, `SEQUENCE_EXHAUSTED`, the refusal of the namespace; the error of the network when it had to be asked
   */
  async seal(key: Uint8Array, content: Uint8Array, revoked: boolean, options: SealOptions): Promise<SealedRecord> {
    const { signers, clock, clockCheck, engine } = this.#options
    const namespace = this.#sealingNamespace(key)
    if (revoked && namespace.revocable !== true)
      throw new RecordError(
        'REVOCATION_UNSUPPORTED',
        namespace.name === 'ipns'
          ? 'an IPNS name cannot be revoked; docs/guides/leaked-ipns-key.md in the repository of RecordKit says what the owner of a leaked key can do'
          : `keys of ${namespace.name || 'this namespace'} cannot be revoked; only those of signed records that name their owner can be, as with \`signed(name, { authors: ownerInKey() })\``,
        { key }
      )
    const { signer, peerId } = signers.choose(key, options.signer, engine.ownerOf(key))
    if (options.sequence !== undefined && namespace.sequenceOf === undefined)
      throw new RecordError('INVALID_ARGUMENT', `records of ${namespace.name} have no sequence; omit \`sequence\``, {
        key
      })
    await clockCheck.check(key, options)
    const { record, current, ifRank, highestRank } = await this.#known(key, namespace, options)
    if (record?.revoked === true && !revoked)
      throw new RecordError('KEY_REVOKED', 'the key was revoked by its owner; it accepts no further records', {
        key
      })
    checkIfSequence(options.ifSequence, current, key)

    const highest = later(record?.sequence, highestRank && sequenceOfRank(namespace, highestRank))
    if (options.sequence !== undefined) checkChosenSequence(options.sequence, highest, key)
    const now = clock()
    const lifetime = nanosecondsFrom(options.lifetime)
    const ttl = nanosecondsFrom(options.ttl)
    const draft = { key, content, revoked, lifetime, ttl, previous: record?.value }
    const signatures = LocalSignatures.of(signer)
    const context = { now, signer: signatures?.signer ?? signer, signal: options.signal }
    const sealWith = async (sequence: bigint): Promise<Uint8Array> => {
      const wait = turns.wait(options.signal)
      if (wait !== undefined) await wait
      // a remote signer may never answer, and nothing is stored yet
      return raceAbort(Promise.resolve(namespace.seal({ ...draft, sequence }, context)), options.signal)
    }

    const isUnchanged =
      current !== undefined && (current.revoked ?? false) === revoked && equalBytes(engine.content(current), content)
    if (options.sequence === undefined && isUnchanged && current.sequence !== undefined) {
      // the same sequence with a later expiry is the same content for longer
      const value = await sealWith(current.sequence)
      const renewed = engine.parse(key, value, namespace)
      if (isRefusal(renewed) || !isBelow(engine.rank(renewed), highestRank))
        return { value, signer: peerId, signatures, ifRank, highestRank }
    }
    const value = await sealWith(options.sequence ?? nextSequence(highest, now, key))
    return { value, signer: peerId, signatures, ifRank, highestRank }
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

  /** The latest known state of a key: from the store, and from the network when requested or when the store may not know the last. */
  async #known(key: Uint8Array, namespace: Namespace, options: SealOptions): Promise<KnownState> {
    const { engine, pipeline, store, network } = this.#options
    const { signal, timeout, ifSequence, offline } = options
    const { stored, verified } = (await pipeline.readStored(key, { signal })) ?? {}
    const ifRank = stored?.rank ?? null
    // the rank of a stored record counts also when the record is not valid any more
    const localRank = stored?.rank ?? (await store.mark(key, { signal }))?.rank
    const sequence = localRank && sequenceOfRank(namespace, localRank)
    // the other implementation that started a counter may have used the next number
    const isShared = sequence !== undefined && isCounter(sequence)
    const askByDefault = ifSequence !== undefined || localRank === undefined || isShared
    const checkNetwork = options.checkNetwork ?? (offline !== true && askByDefault)
    if (!checkNetwork || network === undefined)
      return { record: verified, current: verified, ifRank, highestRank: localRank }
    const { record, untimely } = await network.latest(key, verified, { timeout, signal })
    const current = record !== undefined && isBelow(engine.rank(record), localRank) ? undefined : record
    let highestRank = localRank
    for (const found of record === undefined ? untimely : [record, ...untimely]) {
      const rank = engine.rank(found)
      if (highestRank === undefined || isBelow(highestRank, rank)) highestRank = rank
    }
    return { record, current, ifRank, highestRank }
  }
}

function isBelow(rank: Uint8Array, other: Uint8Array | undefined): boolean {
  return other !== undefined && compareBytes(rank, other) < 0
}

function later(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a
}

function nanosecondsFrom(milliseconds: number | undefined): bigint | undefined {
  return milliseconds === undefined ? undefined : nanosecondsOf(milliseconds)
}
