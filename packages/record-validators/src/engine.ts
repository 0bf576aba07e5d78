import { joinRecordKey, parseRecordKey, splitRecordKey } from '@recordkit/record-codec'
import { peerIdFromPublicKey, sha256 } from '@recordkit/record-crypto'
import {
  compareBytes,
  copyBytes,
  equalBytes,
  isRecordError,
  isRefusal,
  RecordError,
  systemClock
} from '@recordkit/record-types'
import type {
  AccessControl,
  Clock,
  KeyBook,
  MaybePromise,
  Namespace,
  PeerId,
  RecordEngine,
  Refusal,
  Signer,
  UnverifiedRecord,
  ValidationContext,
  Verdict,
  VerifiedRecord,
  VerifyOptions
} from '@recordkit/record-types'
import {
  checkBytes,
  checkCount,
  checkFunction,
  checkObject,
  checkPart,
  isBytes,
  mapKey,
  nameOf,
  printable,
  raceAbort
} from '@recordkit/record-types/internal'
import { DisputeBudget } from './dispute-budget.ts'
import { ignore, refusalOf, reject } from './refusal.ts'
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
  readonly #namespaces: ReadonlyMap<string, Namespace>
  readonly #options: EngineOptions
  readonly #clock: Clock
  #verdicts: VerdictCache
  #disputes: DisputeBudget

  /** @throws RecordError `INVALID_ARGUMENT` naming the option, or for two namespaces of one name */
  constructor(namespaces: readonly Namespace[], options: EngineOptions = {}) {
    this.#namespaces = namespacesByName(namespaces)
    checkObject(options)
    if (options.fallback !== undefined) checkNamespace(options.fallback, 'fallback')
    if (options.clock !== undefined) checkFunction(options.clock, 'clock')
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#disputes = new DisputeBudget(this.#clock)
    this.#verdicts = new VerdictCache(checkCount(options.verdicts, 'verdicts', defaultVerdicts, 0))
  }

  /** The namespaces in the order in which they were passed, without the fallback. */
  get namespaces(): readonly Namespace[] {
    return [...this.#namespaces.values()]
  }

  /** The access control that this engine asks. */
  get access(): AccessControl | undefined {
    return this.#options.access
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
    checkBytes(key, 'record key', 0, Number.POSITIVE_INFINITY)
    checkBytes(value, 'record value', 0, Number.POSITIVE_INFINITY)
    const namespace = this.namespaceOf(key)
    if ('status' in namespace) return namespace
    const { limits, name } = namespace
    if (key.length > limits.key)
      return ignore('KEY_TOO_LARGE', `record key is ${key.length} bytes; the limit of ${name} is ${limits.key}`)
    return tooLarge(namespace, value) ?? namespace
  }

  /** The namespace that a key belongs to. */
  namespaceOf(key: Uint8Array): Namespace | Refusal {
    const { fallback } = this.#options
    try {
      const { namespace } = splitRecordKey(key)
      const found = this.#namespaces.get(mapKey(namespace)) ?? fallback
      if (found !== undefined) return found
      const name = new TextDecoder().decode(namespace.subarray(0, 64))
      return ignore(
        'NAMESPACE_UNKNOWN',
        `the namespace "${printable(name)}" is unknown; expected one of: ${this.namespaces.map((known) => known.name).join(', ')}`
      )
    } catch (error) {
      return fallback ?? refusalOf(error)
    }
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
    const bytes = parseRecordKey(key)
    const namespace = this.namespaceOf(bytes)
    if ('status' in namespace || namespace.parsePath === undefined) return bytes
    try {
      const { namespace: name, path } = splitRecordKey(bytes)
      return joinRecordKey(name, namespace.parsePath(typeof key === 'string' ? new TextDecoder().decode(path) : path))
    } catch (cause) {
      if (!isRecordError(cause)) throw cause
      const shown = typeof key === 'string' ? `"${printable(key)}"` : `a key of ${key.length} bytes`
      throw new RecordError(
        'RECORD_KEY_INVALID',
        `${shown} is not a record key of ${namespace.name}: ${cause.message}`,
        { cause, key: bytes }
      )
    }
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
    if ('status' in namespace) return namespace
    let parsed: UnverifiedRecord | Refusal
    try {
      parsed = namespace.parse(key, value)
      if (!isParsed(parsed))
        return ignore(
          'VALIDATOR_FAILED',
          `parse of the namespace "${namespace.name}" returned neither a record with an order of at most 31 bytes nor a refusal`
        )
    } catch (error) {
      parsed = refusalOf(error)
    }
    if (!isRefusal(parsed) || parsed.cause === undefined) return parsed
    const text = textOf(value)
    return text === undefined
      ? parsed
      : { ...parsed, message: `the value is text that begins with "${text}"; the bytes of a record are expected` }
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
  async verify(record: UnverifiedRecord, options: VerifyOptions = {}): Promise<VerifiedRecord | Refusal> {
    options.signal?.throwIfAborted()
    const denied = this.access?.checkRecord?.(record)
    if (denied !== undefined) return denied
    const namespace = this.namespaceOf(record.key)
    if ('status' in namespace) return namespace
    const verdict = await this.#verify(namespace, record, options)
    if (isRefusal(verdict)) return verdict
    // verifying takes time where a key book or the platform is asked
    const current = verdict.until === undefined ? verdict : checkExpiry(verdict.until, this.#clock())
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
  async normalize(record: VerifiedRecord, options: VerifyOptions = {}): Promise<VerifiedRecord | Refusal> {
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

  #context({ signal, sender, threads }: VerifyOptions): ValidationContext {
    const { keyBook } = this.#options
    // a digest costs as much as everything else but the signature, so it is left out when the cache is disabled
    const verdicts = this.#verdicts.enabled ? this.#verdicts : undefined
    const checksDispute = (): boolean => this.#disputes.take()
    return { now: this.#clock(), signal, sender, threads, keyBook, verdicts, checksDispute }
  }

  async #verify(namespace: Namespace, record: UnverifiedRecord, options: VerifyOptions): Promise<Verdict> {
    try {
      const verdict = await unlessAborted(namespace.verify(record, this.#context(options)), options.signal)
      if (typeof (verdict as Partial<Verdict> | undefined)?.status === 'string') return verdict
      return ignore(
        'VALIDATOR_FAILED',
        `verify of the namespace "${namespace.name}" returned no status; { status: 'accept' } or a refusal is expected`
      )
    } catch (error) {
      options.signal?.throwIfAborted()
      return refusalOf(error)
    }
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
    const namespace = this.findNamespace(key, value)
    if ('status' in namespace) return namespace
    const record = this.parse(copyBytes(key), copyBytes(value), namespace)
    return isRefusal(record) ? record : this.verify(record, options)
  }

  /** The order of a record, then its identity: the SHA-256 of what its author signed. */
  rank(record: UnverifiedRecord | VerifiedRecord): Uint8Array {
    const { order } = record
    const rank = new Uint8Array(order.length + identityLength)
    rank.set(order)
    rank.set(identityOf(record), order.length)
    return rank
  }

  /** Compares two records of one key. The identity is computed only when their orders are equal. */
  compare(a: UnverifiedRecord, b: UnverifiedRecord): number {
    const order = compareBytes(a.order, b.order)
    if (order !== 0 || equalBytes(a.value, b.value)) return order
    return compareBytes(identityOf(a), identityOf(b))
  }

  /** The peer ID of a signer: the author of the records that it signs. */
  authorOf({ publicKey }: Signer): PeerId {
    return peerIdFromPublicKey(publicKey)
  }

  /** The peer ID that a key names as the only author of its records; `undefined` when it names none. */
  ownerOf(key: Uint8Array): PeerId | undefined {
    const namespace = this.namespaceOf(key)
    return 'status' in namespace ? undefined : namespace.ownerOf?.(key)
  }

  /** The content of a record: the bytes that the application stored. */
  content(record: UnverifiedRecord): Uint8Array {
    const namespace = this.namespaceOf(record.key)
    return 'status' in namespace ? record.value : (namespace.content?.(record) ?? record.value)
  }
}

/** The result of a namespace, which may not observe the signal itself. @throws the reason of the signal */
function unlessAborted<Result>(result: MaybePromise<Result>, signal: AbortSignal | undefined): MaybePromise<Result> {
  return signal === undefined ? result : raceAbort(Promise.resolve(result), signal)
}

const identityLength = 32
/** bytes */
const maxOrder = 31

/** Whether the result of a namespace is one: a namespace of an application can return anything. */
function isParsed(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false
  if ('status' in result) return true
  const { order } = result as Partial<UnverifiedRecord>
  return isBytes(order) && order.length <= maxOrder
}

/** The beginning of a value that is an HTML page or JSON instead of a record, such as the error page of a gateway. */
function textOf(value: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(value.subarray(0, 40)).trimStart()
  return /^[<{[]/.test(text) ? printable(text, 40) : undefined
}

function identityOf(record: UnverifiedRecord | VerifiedRecord): Uint8Array {
  const known = 'status' in record ? record.identity : undefined
  return known ?? sha256(record.signed?.() ?? record.value)
}

function namespacesByName(namespaces: readonly Namespace[]): Map<string, Namespace> {
  const encoder = new TextEncoder()
  const byName = new Map<string, Namespace>()
  if (!Array.isArray(namespaces))
    throw new RecordError(
      'INVALID_ARGUMENT',
      `namespaces is ${nameOf(namespaces)}; an array such as [ipns(), publicKeys()] is expected`
    )
  for (const [index, namespace] of (namespaces as readonly Namespace[]).entries()) {
    checkNamespace(namespace, `namespaces[${index}]`)
    const name = mapKey(encoder.encode(namespace.name))
    if (namespace.name === '' || namespace.name.includes('/')) {
      throw new RecordError(
        'INVALID_ARGUMENT',
        `the namespace name is "${namespace.name}"; a name that is not empty and has no slash is expected`
      )
    }
    if (byName.has(name)) throw new RecordError('INVALID_ARGUMENT', `namespace "${namespace.name}" is passed twice`)
    byName.set(name, namespace)
  }
  return byName
}

/** @throws RecordError `INVALID_ARGUMENT` */
function checkNamespace(namespace: Namespace, name: string): void {
  const hint = typeof namespace === 'function' ? ', the result of the function' : ''
  checkPart(namespace, name, ['parse', 'verify'], `a namespace such as ipns() or signed('config', …)${hint},`)
  if (typeof namespace.limits?.key !== 'number' || typeof namespace.limits.value !== 'number')
    throw new RecordError(
      'INVALID_ARGUMENT',
      `${name} has no limits; { key, value }, the maximum sizes in bytes, is expected`
    )
}

function tooLarge({ limits, name, specifiedSize }: Namespace, { length }: Uint8Array): Refusal | undefined {
  if (length <= limits.value) return undefined
  if (specifiedSize !== undefined && length > specifiedSize)
    return reject(
      'RECORD_TOO_LARGE',
      `record value is ${length} bytes; the specification of ${name} allows ${specifiedSize}`
    )
  return ignore('VALUE_TOO_LARGE', `record value is ${length} bytes; the limit of ${name} is ${limits.value}`)
}
