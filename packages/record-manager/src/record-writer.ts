import { copyBytes, equalBytes, isRefusal, RecordError } from '@recordkit/record-types'
import type { PeerId, PutReceipt, UnverifiedRecord, VerifiedRecord } from '@recordkit/record-types'
import { isBytes, KeyedMutex, mapKey, nanosecondsOf, ownCopy, raceAbort, turns } from '@recordkit/record-types/internal'
import type { Publication } from '@recordkit/record-store'
import { checkPutOptions, checkTtl } from './check-options.ts'
import type { PutOptions, PutResult, PutSignedOptions } from './manager-options.ts'
import type { ManagerParts } from './manager-parts.ts'
import type { Origin } from './record-pipeline.ts'
import { lifetimeOf } from './renew-record.ts'

/** How often a put is made anew when other processes put records under the same key meanwhile. */
const maxAttempts = 32
/** ms: the longest pause between two attempts */
const maxPause = 250

/** Makes, stores and copies the records that the application puts, those of one key in turn. */
export class RecordWriter {
  readonly #parts: ManagerParts
  readonly #puts = new KeyedMutex()

  constructor(parts: ManagerParts) {
    this.#parts = parts
  }

  async put(key: Uint8Array, content: Uint8Array, revoked: boolean, options: PutOptions): Promise<PutResult> {
    checkPutOptions(options, this.#parts.network !== undefined)
    this.#parts.publications.checkInterval(key)
    const put = await this.#inTurn(key, options.signal, async () => {
      let stale: StaleRecord | undefined
      for (let attempt = 0; ; attempt++) {
        options.signal?.throwIfAborted()
        const { value, signer, signatures, ifRank, highestRank } = await this.#parts.recordSigner.seal(
          key,
          content,
          revoked,
          options
        )
        // nothing was put meanwhile: the next record would rank below the mark too
        if (stale !== undefined && isSameRank(stale.highestRank, highestRank)) throw stale.error
        const decoded = this.#decode(key, value)
        const publication = this.#publicationOf(key, decoded, options, signer)
        const put = await this.#putOwn(key, value, { signal: options.signal, ifRank, decoded, publication, signatures })
        if ('result' in put) return { ...put, publication }
        // the record may have been stored, and replaced: the condition of this call may have been met
        if (put.cause !== undefined && options.ifSequence !== undefined) throw put.cause
        if (attempt === maxAttempts)
          throw new RecordError('STORE_CONTENDED', `other processes changed the key ${attempt} times in a row`, { key })
        stale = put.stale && { error: put.stale, highestRank }
        await this.#pause(attempt, options.signal)
      }
    })
    return this.#replicated(put, put.publication, options)
  }

  /** Stores and copies a signed value. */
  async putSigned(key: Uint8Array, signedValue: Uint8Array, options: PutSignedOptions): Promise<PutResult> {
    const value = isBytes(signedValue) ? copyBytes(signedValue) : signedValue
    const parsed = this.#parts.engine.parse(key, value)
    // an error of a codec has no sentence
    if (isRefusal(parsed) && parsed.message.startsWith(parsed.code))
      throw new RecordError(
        parsed.code,
        `the value is not a signed record of its key: ${parsed.message}; \`put\` signs content`,
        { key, cause: parsed.cause }
      )
    const decoded = isRefusal(parsed) ? undefined : parsed
    const signer = this.#isOurs(decoded?.author) ? decoded?.author : undefined
    const publication = this.#publicationOf(key, decoded, options, signer)
    const put = await this.#putOwn(key, value, { signal: options.signal, decoded, publication })
    return this.#replicated(put as OwnPut, publication, options)
  }

  #decode(key: Uint8Array, value: Uint8Array): UnverifiedRecord | undefined {
    const parsed = this.#parts.engine.parse(key, value)
    return isRefusal(parsed) ? undefined : parsed
  }

  /** Runs `work` after the earlier puts of a key. An abort ends the wait; work that has started ends by itself. */
  async #inTurn<Result>(
    key: Uint8Array,
    signal: AbortSignal | undefined,
    work: () => Promise<Result>
  ): Promise<Result> {
    let started = false
    const running = this.#puts.run([mapKey(key)], async () => {
      signal?.throwIfAborted()
      const wait = turns.begin(signal)
      if (wait !== undefined) await wait
      started = true
      return work()
    })
    return raceAbort(running, signal, () => !started)
  }

  /** Waits before the next attempt, longer after each, at random: the attempts of several processes would meet again. */
  async #pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
    const milliseconds = Math.floor(Math.min(maxPause, 2 ** attempt) * Math.random())
    if (milliseconds === 0) return
    let cancel: (() => void) | undefined
    const elapsed = new Promise<void>((resolve) => (cancel = this.#parts.setTimer(resolve, milliseconds)))
    try {
      await raceAbort(elapsed, signal)
    } finally {
      cancel?.()
    }
  }

  /** How a record that is put is published from now on. */
  #publicationOf(
    key: Uint8Array,
    decoded: UnverifiedRecord | undefined,
    { lifetime, ttl, offline }: PutOptions,
    signer: PeerId | undefined
  ): Publication {
    const signedFor = decoded && lifetimeOf(decoded, this.#parts.clock())
    if (ttl !== undefined && signedFor !== undefined) checkTtl(ttl, Number(signedFor / 1_000_000n))
    return {
      // the record that the caller gets has the other bytes
      key: copyBytes(key),
      signer: signer && copyBytes(signer),
      lifetime: lifetime === undefined ? signedFor : nanosecondsOf(lifetime),
      ttl: ttl === undefined ? undefined : nanosecondsOf(ttl),
      network: this.#parts.network !== undefined && offline !== true
    }
  }

  /** Copies what was stored, if there is a network and the call is not offline. */
  async #replicated(
    { result, verified }: OwnPut,
    publication: Publication,
    options: PutSignedOptions
  ): Promise<PutResult> {
    const { record } = result
    this.#parts.network?.lookups.forget(record.key)
    options.onProgress?.({ type: 'record:put:stored', detail: ownCopy(record) })
    if (this.#parts.network === undefined || options.offline === true) {
      this.#parts.publications.add(publication, record)
      return result
    }
    // peers are sent the record until after this call: the caller gets another one
    const own = ownCopy(result)
    const receipt = await this.#parts.publications.replicate(this.#parts.network, record, publication, {
      ...options,
      verified
    })
    options.onProgress?.({ type: 'record:put:copied', detail: copyOfReceipt(receipt) })
    return { ...own, receipt }
  }

  #isOurs(author: PeerId | undefined): boolean {
    return author !== undefined && this.#parts.signers.get(author) !== undefined
  }

  /** Stores a record of our own, or returns the cause of a conflict. @throws RecordError with the code of the refusal */
  async #putOwn(key: Uint8Array, value: Uint8Array, origin: Origin): Promise<OwnPut | Conflict> {
    const { record, status, code, message, cause } = await this.#parts.receiver.process(key, value, origin)
    if (status === 'conflict') return { cause }
    if (status === 'stale' && origin.ifRank !== undefined)
      return { cause, stale: new RecordError('STALE', message ?? status, { key }) }
    // where records are merged, the stored record may be more than what was put
    if (record !== undefined && (status === 'stored' || status === 'refreshed'))
      return { result: { record: this.#parts.pipeline.view(record), status }, verified: record }
    throw new RecordError(code ?? 'STALE', message ?? `the record was not stored: ${status}`, { key, cause })
  }
}

/** A record of our own that was stored. */
interface OwnPut {
  readonly result: PutResult
  readonly verified: VerifiedRecord
}

/** Another record was stored since ours was made. */
interface Conflict {
  /** the error of an attempt whose result is unknown, when there was one */
  readonly cause: unknown
  /** set when the record ranks below a mark: another record was stored and deleted meanwhile, or the key was revoked */
  readonly stale?: RecordError | undefined
}

interface StaleRecord {
  readonly error: RecordError
  /** the highest rank that was known when the record was made */
  readonly highestRank: Uint8Array | undefined
}

function isSameRank(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b)
}

function copyOfReceipt({ complete, ...receipt }: PutReceipt): PutReceipt {
  return { ...ownCopy(receipt), complete: complete.then(ownCopy) }
}
