import { equalBytes, isRefusal, RecordError } from '@recordkit/record-types'
import type { PutReceipt, VerifiedRecord } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { RunningPut } from './running-put.ts'
import type { PutOptions, PutParts } from './running-put.ts'
import { resultBeforeAbort, startTimeout } from './timeout.ts'
import type { Timeout } from './timeout.ts'
import { verifiedNormalForm } from './verified-normal-form.ts'

/** The parts of a store that its puts use. */
export interface RecordPutsParts extends PutParts {
  /** called before a put sends anything */
  readonly onBegin: (key: Uint8Array) => void
}

/** The latest put of a key. */
interface Latest {
  readonly order: number
  readonly put: RunningPut
}

/** The puts of a store: at most one of each key sends anything. */
export class RecordPuts {
  readonly #parts: RecordPutsParts
  /** the puts that are running, by their keys */
  readonly #latest = new Map<string, Latest>()
  readonly #running = new Set<Promise<unknown>>()
  #started = 0

  constructor(parts: RecordPutsParts) {
    this.#parts = parts
  }

  /**
   * Resolves when enough copies are stored, or at the end of the put. The rest goes on in the background. A later put of the key ends
   * this one.
   *
   * @param key - not changed by the caller any more, as `value`
   * @throws as `DhtRecordStore.put`
   */
  async put(
    key: Uint8Array,
    value: Uint8Array,
    options: PutOptions & { readonly timeout: number }
  ): Promise<PutReceipt> {
    const { verified, signal } = options
    // puts of a key are ordered by their calls, however long each is verified
    const order = this.#started++
    const timeout = startTimeout(options.timeout, signal, this.#parts.setTimer)
    try {
      const isVerified = verified !== undefined && equalBytes(verified.key, key) && equalBytes(verified.value, value)
      const record = isVerified ? verified : await this.#verified(key, value, timeout)
      const put = new RunningPut(this.#parts, options, timeout)
      const name = mapKey(key)
      const other = this.#latest.get(name)
      if (other !== undefined && other.order > order) put.end()
      else {
        other?.put.end()
        this.#parts.onBegin(key)
        this.#latest.set(name, { order, put })
      }
      const { receipt, complete } = put.run(record)
      const running = complete.finally(() => {
        timeout.cancel()
        this.#running.delete(running)
        if (this.#latest.get(name)?.put === put) this.#latest.delete(name)
      })
      this.#running.add(running)
      return await receipt
    } catch (error) {
      timeout.cancel()
      throw error
    }
  }

  /** Whether a put of a key is running, also in the background. */
  isRunning(key: Uint8Array): boolean {
    return this.#latest.has(mapKey(key))
  }

  /** Resolves when the puts that are running have ended, also in the background. */
  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }

  /** The verified record in normal form. @throws RecordError with the code of the refusal; `TIMEOUT` */
  async #verified(key: Uint8Array, value: Uint8Array, timeout: Timeout): Promise<VerifiedRecord> {
    const engine = this.#parts.engine()
    const { signal } = timeout
    const record = engine.parse(key, value)
    const result = isRefusal(record)
      ? record
      : await resultBeforeAbort(verifiedNormalForm(engine, record, { signal }), signal)
    if (timeout.expired) throw new RecordError('TIMEOUT', 'the value could not be verified in time', { key })
    signal.throwIfAborted()
    if (result === undefined) throw new RecordError('TIMEOUT', 'the value could not be verified in time', { key })
    if (isRefusal(result)) throw new RecordError(result.code, result.message, { key, cause: result.cause })
    return result
  }
}
