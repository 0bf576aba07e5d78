import { splitKey } from '@recordkit/record-codec'
import { sha256 } from '@recordkit/record-crypto'
import { checkBytes, isRefusal, mapKey, RecordError, systemClock, signalOf } from '@recordkit/record-types'
import type {
  Clock,
  KeyBook,
  Namespace,
  OpenedRecord,
  RecordEngine,
  Refusal,
  Verdict,
  VerifyOptions
} from '@recordkit/record-types'
import { ignore, refusalOf, reject } from './refusal.ts'
import { VerdictCache } from './verdict-cache.ts'

export interface EngineOptions {
  /** asked for records whose key is in no namespace, or in one we do not know; refused when absent */
  readonly fallback?: Namespace
  /** finds public keys that neither record nor name holds */
  readonly keyBook?: KeyBook
  readonly clock?: Clock
  /**
   * Asked of every record before its verdict, remembered or not: an application's lists of authors and keys. What it
   * refuses is neither taken, nor served, nor found.
   */
  readonly permit?: (opened: OpenedRecord) => Refusal | undefined
  /** remembered verdicts; 0: none */
  readonly verdicts?: number
}

/** A record that was accepted. */
export interface Validated {
  readonly verdict: 'accept'
  readonly until?: bigint
  readonly opened: OpenedRecord
}

/**
 * Reads, judges and orders records of the namespaces it is given. Holds no record and trusts nothing.
 *
 * ```ts
 * const engine = new ValidationEngine([ipns(), publicKey(), signed('config', { authors: ownerInKey() })])
 * ```
 */
export class ValidationEngine implements RecordEngine {
  readonly #namespaces = new Map<string, Namespace>()
  readonly #fallback: Namespace | undefined
  readonly #keyBook: KeyBook | undefined
  readonly #clock: Clock
  readonly #permit: EngineOptions['permit']
  readonly #verdicts: VerdictCache

  constructor(namespaces: readonly Namespace[], options: EngineOptions = {}) {
    const encoder = new TextEncoder()
    for (const namespace of namespaces) {
      const name = mapKey(encoder.encode(namespace.name))
      if (namespace.name === '' || namespace.name.includes('/')) {
        throw new RecordError(
          'INVALID_ARGUMENT',
          `"${namespace.name}" is no namespace: a name is not empty and holds no slash`
        )
      }
      if (this.#namespaces.has(name))
        throw new RecordError('INVALID_ARGUMENT', `namespace "${namespace.name}" is given twice`)
      this.#namespaces.set(name, namespace)
    }
    this.#fallback = options.fallback
    this.#keyBook = options.keyBook
    this.#clock = options.clock ?? systemClock
    this.#permit = options.permit
    this.#verdicts = new VerdictCache(options.verdicts)
  }

  /** The namespaces by name, the fallback not among them. */
  get namespaces(): readonly Namespace[] {
    return [...this.#namespaces.values()]
  }

  /** Remembered verdicts. */
  get verdicts(): VerdictCache {
    return this.#verdicts
  }

  /**
   * The namespace of a record, by its key, its sizes checked; or why there is none.
   *
   * @throws RecordError `INVALID_ARGUMENT` for anything but bytes
   */
  locate(key: Uint8Array, value: Uint8Array): Namespace | Refusal {
    checkBytes(key, 'record key', 0, Number.POSITIVE_INFINITY)
    checkBytes(value, 'record value', 0, Number.POSITIVE_INFINITY)
    const namespace = this.namespaceOf(key)
    if ('verdict' in namespace) return namespace
    const { limits, name } = namespace
    if (key.length > limits.key)
      return reject('KEY_TOO_LARGE', `record key is ${key.length} bytes; at most ${limits.key} are read in ${name}`)
    return tooLarge(namespace, value) ?? namespace
  }

  /** The namespace that a key belongs to, or why there is none. */
  namespaceOf(key: Uint8Array): Namespace | Refusal {
    try {
      const { namespace } = splitKey(key)
      const found = this.#namespaces.get(mapKey(namespace)) ?? this.#fallback
      if (found !== undefined) return found
      const name = new TextDecoder().decode(namespace.subarray(0, 64))
      return ignore(
        'NAMESPACE_UNKNOWN',
        `no namespace "${name}" here; there are: ${[...this.#namespaces.values()].map((known) => known.name).join(', ')}`
      )
    } catch (error) {
      return this.#fallback ?? refusalOf(error)
    }
  }

  /** @param namespace - what {@link locate} answered, when it was asked before */
  parse(
    key: Uint8Array,
    value: Uint8Array,
    namespace: Namespace | Refusal = this.locate(key, value)
  ): OpenedRecord | Refusal {
    if ('verdict' in namespace) return namespace
    try {
      return namespace.parse(key, value)
    } catch (error) {
      return refusalOf(error)
    }
  }

  parser(key: Uint8Array): (value: Uint8Array) => OpenedRecord | Refusal {
    const namespace = this.locate(key, new Uint8Array(0))
    if ('verdict' in namespace) return () => namespace
    const parse = namespace.parser?.(key)
    if (parse === undefined) return (value) => this.parse(key, value)
    return (value) => {
      checkBytes(value, 'record value', 0, Number.POSITIVE_INFINITY)
      return tooLarge(namespace, value) ?? parse(value)
    }
  }

  async verify(opened: OpenedRecord, options: VerifyOptions = {}): Promise<Verdict> {
    options.signal?.throwIfAborted()
    const denied = this.#permit?.(opened)
    if (denied !== undefined) return denied
    const now = this.#clock()
    // hashing costs as much as all the rest but the signature: not where nothing is remembered
    const digest = this.#verdicts.remembers ? VerdictCache.digest(opened.key, opened.value) : ''
    const known = this.#verdicts.get(digest, now)
    if (known !== undefined) return known
    const namespace = this.namespaceOf(opened.key)
    if ('verdict' in namespace) return namespace
    const verdict = await this.#judge(namespace, opened, now, options)
    this.#verdicts.set(digest, verdict)
    return verdict
  }

  async #judge(namespace: Namespace, opened: OpenedRecord, now: bigint, options: VerifyOptions): Promise<Verdict> {
    const { sender, threads } = options
    try {
      return await namespace.verify(opened, {
        now,
        ...signalOf(options),
        ...(this.#keyBook === undefined ? {} : { keyBook: this.#keyBook }),
        ...(sender === undefined ? {} : { sender }),
        ...(threads === undefined ? {} : { threads })
      })
    } catch (error) {
      options.signal?.throwIfAborted()
      return refusalOf(error)
    }
  }

  /** Parses and verifies: never throws for bad bytes. */
  async validate(key: Uint8Array, value: Uint8Array, options: VerifyOptions = {}): Promise<Validated | Refusal> {
    const opened = this.parse(key, value)
    if (isRefusal(opened)) return opened
    const verdict = await this.verify(opened, options)
    return isRefusal(verdict) ? verdict : { ...verdict, opened }
  }

  /** The sha2-256 digest of a value, which a store keeps in the mark of a record that left. */
  digest(value: Uint8Array): Uint8Array {
    return sha256(value)
  }

  /** The application's own bytes of a record. */
  content(opened: OpenedRecord): Uint8Array {
    const namespace = this.namespaceOf(opened.key)
    return 'verdict' in namespace ? opened.value : (namespace.content?.(opened) ?? opened.value)
  }
}

function tooLarge({ limits, name }: Namespace, { length }: Uint8Array): Refusal | undefined {
  if (length <= limits.value) return undefined
  return reject('VALUE_TOO_LARGE', `record value is ${length} bytes; at most ${limits.value} are read in ${name}`)
}
