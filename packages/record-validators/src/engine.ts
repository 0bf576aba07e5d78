import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import { copyBytes, equalBytes, isRefusal, systemClock } from '@recordkit/record-types'
import type {
  AccessControl,
  Clock,
  KeyBook,
  Namespace,
  PeerId,
  RecordEngine,
  Refusal,
  Signer,
  UnverifiedRecord,
  ValidationContext,
  VerifiedRecord,
  VerifyOptions
} from '@recordkit/record-types'
import {
  checkAccess,
  checkBytes,
  checkClock,
  checkCount,
  checkOptions,
  checkPart,
  turns
} from '@recordkit/record-types/internal'
import { bytesBy, parseBy, unlessAborted, verifyBy } from './call-namespace.ts'
import { DisputeBudget } from './dispute-budget.ts'
import { NamespaceTable, tooLarge } from './namespace-table.ts'
import { ownBytesAccess } from './own-bytes-access.ts'
import { compareRecords, rankOf } from './record-rank.ts'
import { ignore, refusalOf } from './refusal.ts'
import { checkExpiry } from './validity.ts'
import { VerdictCache } from './verdict-cache.ts'

/** A cached verdict takes about 200 bytes. */
const defaultVerdicts = 4096

export interface EngineOptions {
  /** used for records whose key has no namespace, or an unknown one; without it they are refused */
  readonly fallback?: Namespace | undefined
  /** finds public keys that are neither in the record nor in the name */
  readonly keyBook?: KeyBook | undefined
  /** its `checkRecord` is called for every record */
  readonly access?: AccessControl | undefined
  /** number of cached verdicts on signatures; 0 disables the cache. @default 4096 */
  readonly verdicts?: number | undefined
  readonly clock?: Clock | undefined
}

/** What the caller of {@link ValidationEngine.verify} knows for certain about a signature. */
export type KnownFacts = Pick<ValidationContext, 'signatures' | 'isVerified'>

/**
 * Parses, verifies and orders records of its namespaces. It stores no records and trusts no input.
 *
 * @example
 * ```ts
 * const engine = new ValidationEngine([ipns(), publicKeys(), signed('config', { authors: ownerInKey() })])
 * const result = await engine.validate(key, value)
 * ```
 */
export class ValidationEngine implements RecordEngine {
  readonly #namespaces: NamespaceTable
  readonly #options: EngineOptions
  readonly #access: AccessControl | undefined
  readonly #clock: Clock
  #verdicts: VerdictCache
  #disputes: DisputeBudget

  /** @throws RecordError `INVALID_ARGUMENT` naming the option, or for two namespaces of one name */
  constructor(namespaces: readonly Namespace[], options: EngineOptions = {}) {
    checkOptions(options, { fallback: 0, keyBook: 0, access: 0, verdicts: 0, clock: 0 })
    this.#namespaces = new NamespaceTable(namespaces, options.fallback)
    checkAccess(options.access)
    checkClock(options.clock)
    if (options.keyBook !== undefined) checkPart(options.keyBook, 'keyBook', ['find'], 'an object with `find`')
    this.#options = options
    this.#access = options.access && ownBytesAccess(options.access)
    this.#clock = options.clock ?? systemClock
    this.#disputes = new DisputeBudget(this.#clock)
    this.#verdicts = new VerdictCache(checkCount(options.verdicts, 'verdicts', defaultVerdicts, 0))
  }

  /** The namespaces in the order in which they were passed, without the fallback. */
  get namespaces(): readonly Namespace[] {
    return this.#namespaces.all
  }

  /** Asks the access control of this engine, with copies of all bytes. */
  get access(): AccessControl | undefined {
    return this.#access
  }

  /** The cached verdicts on signatures. */
  get verdicts(): VerdictCache {
    return this.#verdicts
  }

  /**
   * An engine with the same namespaces and options that asks `access`. Both engines share the cached verdicts, which do not
   * depend on access control, so that a signature is verified once.
   *
   * @example
   * ```ts
   * const restricted = engine.withAccess(createAccessControl({ lists }))
   * ```
   */
  withAccess(access: AccessControl): ValidationEngine {
    const engine = new ValidationEngine(this.namespaces, { ...this.#options, access })
    engine.#verdicts = this.#verdicts
    engine.#disputes = this.#disputes
    return engine
  }

  /**
   * Finds the namespace of a record by its key and checks the sizes of key and value.
   *
   * @throws RecordError `INVALID_ARGUMENT` when key or value are not bytes
   */
  findNamespace(key: Uint8Array, value: Uint8Array): Namespace | Refusal {
    return this.#namespaces.findNamespace(key, value)
  }

  /** The namespace that a key belongs to. */
  namespaceOf(key: Uint8Array): Namespace | Refusal {
    return this.#namespaces.namespaceOf(key)
  }

  /**
   * The record key that a text means, such as `/ipns/k51…`, in the one form that the records of its namespace have; names may be spelled
   * in every base that the specifications allow. Bytes are checked and returned.
   *
   * @throws RecordError `RECORD_KEY_INVALID` when no record of the namespace can have the key; `TEXT_INVALID` for half a surrogate pair;
   * `INVALID_ARGUMENT`
   * @example
   * ```ts
   * const key = engine.parseKey('/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8')
   * ```
   */
  parseKey(key: string | Uint8Array): Uint8Array {
    return this.#namespaces.parseKey(key)
  }

  /**
   * Parses a record without verifying it.
   *
   * @param namespace - the result of {@link ValidationEngine.findNamespace}, when it was called before
   */
  parse(
    key: Uint8Array,
    value: Uint8Array,
    namespace: Namespace | Refusal = this.findNamespace(key, value)
  ): UnverifiedRecord | Refusal {
    return 'status' in namespace ? namespace : parseBy(namespace, key, value)
  }

  /** A function that parses values of one key, for less than `parse` costs for each. The key must not change meanwhile. */
  parser(key: Uint8Array): (value: Uint8Array) => UnverifiedRecord | Refusal {
    const namespace = this.findNamespace(key, new Uint8Array(0))
    if ('status' in namespace) return () => namespace
    const parse = namespace.parser?.(key)
    if (parse === undefined) return (value) => this.parse(key, value)
    return (value) => {
      checkBytes(value, 'record value', 0, Number.POSITIVE_INFINITY)
      return tooLarge(namespace, value) ?? parse(value)
    }
  }

  /**
   * Verifies a parsed record: access control, binding, signature, time and content.
   *
   * @throws the reason of the signal
   */
  async verify(record: UnverifiedRecord, options: VerifyOptions & KnownFacts = {}): Promise<VerifiedRecord | Refusal> {
    options.signal?.throwIfAborted()
    const wait = turns.wait(options.signal)
    if (wait !== undefined) await wait
    return this.#verify(record, options)
  }

  async #verify(record: UnverifiedRecord, options: VerifyOptions & KnownFacts): Promise<VerifiedRecord | Refusal> {
    const denied = this.access?.checkRecord?.(record)
    if (denied !== undefined) return denied
    const namespace = this.namespaceOf(record.key)
    if ('status' in namespace) return namespace
    const verdict = await verifyBy(namespace, record, this.#context(options))
    if (isRefusal(verdict)) return verdict
    // verifying takes time where a key book or the platform is asked
    const until: unknown = verdict.until ?? record.expires
    if (until === undefined) return { ...record, ...verdict }
    if (typeof until !== 'bigint')
      return ignore(
        'VALIDATOR_FAILED',
        `the expiry of the namespace "${namespace.name}" is not a bigint of nanoseconds`
      )
    const current = checkExpiry(until, this.#clock())
    return isRefusal(current) ? current : { ...record, ...verdict }
  }

  /**
   * The same record with its value in normal form: the one encoding to store, return and forward. What anyone can change without
   * the key is brought into one form, or dropped when it is not genuine. Refused only when the namespace fails.
   *
   * @throws the reason of the signal
   * @example
   * ```ts
   * const record = await engine.validate(key, received)
   * const normal = isRefusal(record) ? record : await engine.normalize(record)
   * ```
   */
  async normalize(record: VerifiedRecord, options: VerifyOptions & KnownFacts = {}): Promise<VerifiedRecord | Refusal> {
    const namespace = this.namespaceOf(record.key)
    if ('status' in namespace || namespace.normalize === undefined) return record
    const digest = this.#digest(record)
    if (this.#verdicts.isNormal(digest)) return record
    let value: Uint8Array
    try {
      value = await unlessAborted(namespace.normalize(record, this.#context(options)), options.signal)
    } catch (error) {
      options.signal?.throwIfAborted()
      return refusalOf(error)
    }
    if (equalBytes(value, record.value)) {
      this.#verdicts.setNormal(digest)
      return record
    }
    const { status, until, parsedContent, identity } = record
    const parsed = this.parse(record.key, value, namespace)
    if (isRefusal(parsed)) return parsed
    // the same signed bytes and signature were verified
    this.#verdicts.setNormal(this.#digest(parsed))
    return { ...parsed, status, until, parsedContent, identity }
  }

  /**
   * The value to store when a variant of the stored record came: the stored value, with what only the variant contains. Both are
   * verified, in normal form and of equal rank.
   */
  complete(stored: UnverifiedRecord, variant: UnverifiedRecord): Uint8Array {
    const namespace = this.namespaceOf(stored.key)
    return 'status' in namespace ? stored.value : (namespace.complete?.(stored, variant) ?? stored.value)
  }

  /** The key of a record in the cache. Hashing costs as much as everything but the signature, so it is left out without cache. */
  #digest({ key, value }: UnverifiedRecord): string {
    return this.#verdicts.enabled ? VerdictCache.digest(key, value) : ''
  }

  #context({ signal, sender, threads, signatures, isVerified }: VerifyOptions & KnownFacts): ValidationContext {
    const { keyBook } = this.#options
    // a digest costs as much as everything else but the signature, so it is left out when the cache is disabled
    const verdicts = this.#verdicts.enabled ? this.#verdicts : undefined
    const checksDispute = (): boolean => this.#disputes.take()
    return { now: this.#clock(), signal, sender, threads, keyBook, verdicts, checksDispute, signatures, isVerified }
  }

  /**
   * Parses and verifies a record. Does not throw for bad bytes. Key and value are copied, so that the result contains the bytes that
   * were verified, whatever the caller does with theirs meanwhile.
   *
   * @throws RecordError `INVALID_ARGUMENT` when key or value are not bytes; the reason of the signal
   * @example
   * ```ts
   * const result = await engine.validate(key, value)
   * if (isRefusal(result)) console.log(result.code, result.message)
   * ```
   */
  async validate(key: Uint8Array, value: Uint8Array, options: VerifyOptions = {}): Promise<VerifiedRecord | Refusal> {
    checkOptions(options, { signal: 0, sender: 0, threads: 0 })
    const namespace = this.findNamespace(key, value)
    if ('status' in namespace) return namespace
    const [ownKey, ownValue] = [copyBytes(key), copyBytes(value)]
    const wait = options.signal?.aborted === true ? undefined : turns.wait(options.signal)
    if (wait !== undefined) await wait
    const record = this.parse(ownKey, ownValue, namespace)
    if (isRefusal(record)) return record
    options.signal?.throwIfAborted()
    return this.#verify(record, options)
  }

  /** The order of a record, then its identity: the SHA-256 of what its author signed. */
  rank(record: UnverifiedRecord | VerifiedRecord): Uint8Array {
    return rankOf(record)
  }

  /** Compares two records of one key. The identity is computed only when their orders are equal. */
  compare(a: UnverifiedRecord, b: UnverifiedRecord): number {
    return compareRecords(a, b)
  }

  /** The peer ID of a signer: the author of the records that it signs. */
  authorOf({ publicKey }: Signer): PeerId {
    return peerIdFromPublicKey(publicKey)
  }

  /** The peer ID that a key names as the only author of its records; `undefined` when it names none. */
  ownerOf(key: Uint8Array): PeerId | undefined {
    const namespace = this.namespaceOf(key)
    if ('status' in namespace) return undefined
    return bytesBy(namespace, 'ownerOf', () => namespace.ownerOf?.(key))
  }

  /** The content of a record: the bytes that the application stored. */
  content(record: UnverifiedRecord): Uint8Array {
    const namespace = this.namespaceOf(record.key)
    if ('status' in namespace) return record.value
    return bytesBy(namespace, 'content', () => namespace.content?.(record)) ?? record.value
  }
}
