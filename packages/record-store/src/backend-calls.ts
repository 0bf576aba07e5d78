import { RecordError } from '@recordkit/record-types'
import type { MaybePromise, SetTimer } from '@recordkit/record-types'
import { isPromise, raceAbort } from '@recordkit/record-types/internal'
import type { StoreBackend, StoreChange, StoreEntry } from './backend.ts'
import { checkEntries, checkWritten } from './check-backend-results.ts'
import type { Written } from './check-backend-results.ts'
import { partialError, storeError, writeError, wrapErrors } from './store-errors.ts'
import { CallTimeouts } from './timeouts.ts'
import { TurnCollector } from './turn-collector.ts'

/** Calls a backend: with a timeout, converted errors and checked results, the calls of one turn of the event loop together. */
export class BackendCalls {
  readonly #backend: StoreBackend
  readonly #timeout: number
  readonly #timeouts: CallTimeouts
  readonly #reads: TurnCollector<readonly Uint8Array[], readonly StoreEntry[]> | undefined
  readonly #writes: TurnCollector<readonly StoreChange[], Written> | undefined
  /** number of calls that `close` waits for */
  #running = 0
  #onIdle: (() => void) | undefined

  /** @param timeout - ms; `Infinity` means no timeout */
  constructor(backend: StoreBackend, timeout: number, setTimer: SetTimer | undefined) {
    this.#backend = backend
    this.#timeout = timeout
    this.#timeouts = new CallTimeouts(timeout, setTimer)
    if (backend.collectsCalls !== true) {
      this.#reads = new TurnCollector((calls) => this.#readTogether(calls))
      if (backend.capabilities.atomicBatch) this.#writes = new TurnCollector((calls) => this.#writeTogether(calls))
    }
  }

  /** The entries of keys, with the calls of this turn, or immediately where the backend collects calls itself. */
  read(keys: readonly Uint8Array[]): MaybePromise<readonly StoreEntry[]> {
    return this.#reads === undefined ? this.#readNow(keys) : this.#reads.add(keys)
  }

  /** Writes changes. @returns whether they were written, or the entries that are there instead of the previous ones */
  async write(changes: readonly StoreChange[]): Promise<Written> {
    let written: MaybePromise<Written>
    if (this.#writes !== undefined) written = this.#writes.add(changes)
    else written = this.#backend.capabilities.atomicBatch ? this.#writeNow(changes) : this.#writeEach(changes)
    return checkWritten(await written, changes.length)
  }

  /** Runs I/O of the backend: `close` waits for it, its errors are converted, an abort stops waiting for it. */
  io<Result>(work: () => MaybePromise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    return raceAbort(this.track(wrapErrors(() => this.now(work))), signal)
  }

  /** The same for a backend that may answer synchronously. */
  now<Result>(work: () => MaybePromise<Result>): MaybePromise<Result> {
    let result: MaybePromise<Result>
    try {
      result = work()
    } catch (error) {
      throw storeError(error)
    }
    return isPromise(result) ? this.limited(result, storeError) : result
  }

  /** Rejects with `TIMEOUT` when work of the backend takes too long. */
  limited<Result>(work: Promise<Result>, convert?: (reason: unknown) => unknown): Promise<Result> {
    return this.#timeouts.limit(
      work,
      () => new RecordError('TIMEOUT', `the storage did not answer within ${this.#timeout} ms`),
      convert
    )
  }

  /** Counts a call as running until it has ended. */
  track<Result>(running: Promise<Result>): Promise<Result> {
    this.#running++
    const done = (): void => {
      if (--this.#running === 0) this.#onIdle?.()
    }
    running.then(done, done)
    return running
  }

  /** Closes the backend when no call is running. */
  async close(): Promise<void> {
    while (this.#running > 0)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    try {
      await this.now(() => this.#backend.close())
    } finally {
      this.#timeouts.stop()
    }
  }

  #readNow(keys: readonly Uint8Array[]): MaybePromise<readonly StoreEntry[]> {
    const entries = this.now(() => this.#backend.read(keys))
    if (isPromise(entries)) return entries.then((read) => checkEntries(read, keys.length, 'read'))
    return checkEntries(entries, keys.length, 'read')
  }

  async #readTogether(calls: readonly (readonly Uint8Array[])[]): Promise<readonly (readonly StoreEntry[])[]> {
    const entries = await this.#readNow(calls.flat())
    let offset = 0
    return calls.map(({ length }) => entries.slice(offset, (offset += length)))
  }

  async #writeEach(changes: readonly StoreChange[]): Promise<boolean> {
    let writes = 0
    for (const change of changes) {
      try {
        if (checkWritten(await this.#writeNow([change]), 1) !== true) return false
      } catch (error) {
        throw writes === 0 ? error : partialError(writes, changes.length, error)
      }
      writes++
    }
    return true
  }

  async #writeTogether(calls: readonly (readonly StoreChange[])[]): Promise<readonly MaybePromise<Written>[]> {
    const [first] = calls
    if (first !== undefined && calls.length === 1) return [await this.#writeNow(first)]
    const changes = calls.flat()
    if (checkWritten(await this.#writeNow(changes), changes.length) === true) return calls.map(() => true)
    // another process was faster with one of the keys: which one is found by writing each call alone
    // each has its own result: one that fails does not make another one fail that was written
    return calls.map(async (call) => this.#writeNow(call))
  }

  #writeNow(changes: readonly StoreChange[]): MaybePromise<Written> {
    let written: MaybePromise<Written>
    try {
      written =
        this.#backend.writeOrRead === undefined ? this.#backend.write(changes) : this.#backend.writeOrRead(changes)
    } catch (error) {
      throw writeError(error)
    }
    if (!isPromise(written)) return written
    const timeoutError = (): RecordError => {
      const message = `the storage did not confirm a write within ${this.#timeout} ms; it may or may not have happened`
      return new RecordError('STORE_UNKNOWN', message)
    }
    return this.#timeouts.limit(written, timeoutError, writeError)
  }
}
