import { isRecordError, RecordError } from '@recordkit/record-types'
import type { Clock, MaybePromise, SetTimer } from '@recordkit/record-types'
import { isPromise, KeyedMutex, raceAbort } from '@recordkit/record-types/internal'
import type { BackendCalls } from './backend-calls.ts'
import type { StoreBackend, StoreChange, StoreEntry } from './backend.ts'
import { checkEntries } from './check-backend-results.ts'
import type { Written } from './check-backend-results.ts'
import type { LocalChanges } from './local-changes.ts'
import type { CountedGrowth, PutAdmission } from './put-admission.ts'
import { storeError } from './store-errors.ts'
import type { StoreSpace } from './store-space.ts'
import type { EntryTransaction } from './store-transaction.ts'

/** How often a write is decided anew when other processes change its keys in between. */
const maxAttempts = 64
/** ms: the longest pause between two attempts */
const maxPause = 250
const noGrowth: CountedGrowth = /* @__PURE__ */ Object.freeze({
  records: 0,
  bytes: 0,
  publishedRecords: 0,
  publishedBytes: 0,
  accounts: new Map()
})

/** one per key */
export type Transactions = readonly EntryTransaction[]

/** What is done with the entries of a call. */
export interface Plan<Result> {
  /** Whether it may be decided first on what the backend expects. */
  readonly mayExpect?: boolean | undefined
  /** What decides about space, if records are added. */
  prepare?(transactions: Transactions, now: bigint): MaybePromise<PutAdmission>
  decide(transactions: Transactions, now: bigint, admission: PutAdmission | undefined): Result
}

export interface EntryWriterOptions {
  readonly backend: StoreBackend
  readonly calls: BackendCalls
  /** a function: the space removes entries by this writer */
  readonly space: () => StoreSpace
  readonly changes: LocalChanges
  readonly clock: Clock
  readonly setTimer: SetTimer
  readonly random: () => number
  /** called when a caller's changes were written or decided */
  readonly onChange: () => void
}

/** Reads entries, decides and writes under the locks of their keys, and decides anew where another process was faster. */
export class EntryWriter {
  readonly locks: KeyedMutex = new KeyedMutex()
  readonly #options: EntryWriterOptions
  /** whether a write may have changed something that is not counted */
  #hasUnknownWrites = false

  constructor(options: EntryWriterOptions) {
    this.#options = options
  }

  /** Whether a write since the last call of this may have changed something that is not counted. */
  takeUnknownWrites(): boolean {
    const hadUnknownWrites = this.#hasUnknownWrites
    this.#hasUnknownWrites = false
    return hadUnknownWrites
  }

  /** Changes entries for a caller, who may abort as long as nothing is being written. */
  change<Result>(
    keys: ReadonlyMap<string, Uint8Array>,
    signal: AbortSignal | undefined,
    plan: Plan<Result>
  ): Promise<Result> {
    const { calls, space, onChange } = this.#options
    let writing: readonly StoreChange[] = []
    const run = async (): Promise<Result> => {
      const result = await this.write(keys, signal, plan, (changes) => (writing = changes))
      onChange()
      // the write has happened, whatever this does: the next write tries again
      if (writing.some(addsMark))
        await space()
          .removeExcessMarks()
          .catch(() => {})
      return result
    }
    // while a write is running, an abort could not be told from a success: the store's own timeout limits the wait
    return raceAbort(calls.track(run()), signal, () => writing.length === 0)
  }

  /** @param onWrite - called with what is being written, and with nothing when the write has to be decided anew */
  async write<Result>(
    keys: ReadonlyMap<string, Uint8Array>,
    signal: AbortSignal | undefined,
    plan: Plan<Result>,
    onWrite?: (changes: readonly StoreChange[]) => void
  ): Promise<Result> {
    const { calls, changes: watchers, clock } = this.#options
    const space = this.#options.space()
    const list = [...keys.values()]
    const lock = this.locks.lock([...keys.keys()])
    try {
      if (lock.ready !== undefined) await lock.ready
      let known = plan.mayExpect === true ? this.#expected(list) : undefined
      let isExpected = known !== undefined
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        signal?.throwIfAborted()
        const read = known ?? (list.length === 0 ? [] : calls.read(list))
        const entries = isPromise(read) ? await read : read
        signal?.throwIfAborted()
        const transactions = list.map((key, index): EntryTransaction => {
          const entry = entries[index] ?? {}
          if (!isExpected) space.wasRead(key, entry)
          return { key, previous: entry, next: entry }
        })
        const now = clock()
        const prepared = plan.prepare?.(transactions, now)
        const admission = isPromise(prepared) ? await prepared : prepared
        signal?.throwIfAborted()
        const result = plan.decide(transactions, now, admission)
        const changes = transactions.filter(({ previous, next }) => next !== previous)
        if (changes.length === 0 || admission?.needed !== undefined) {
          if (!isExpected) return result
          // what was expected is compared only when something is written
          isExpected = false
          known = undefined
          continue
        }
        onWrite?.(changes)
        const written = await this.#writeCounted(changes, admission?.growth ?? noGrowth)
        if (written === true) {
          if (watchers.watched) for (const { key } of changes) watchers.notify(key)
          return result
        }
        onWrite?.([])
        // entries of all keys, or none: others are read
        known = written === false || written.length < list.length ? undefined : written
        if (!isExpected) await this.#pause(attempt)
        isExpected = false
      }
    } finally {
      lock.release()
    }
    throw new RecordError(
      'STORE_CONTENDED',
      `other writers changed the keys ${maxAttempts} times in a row; try again later`
    )
  }

  /** What the backend expects, if a put can be decided on it: while there is much space, which needs no counting. */
  #expected(keys: readonly Uint8Array[]): readonly StoreEntry[] | undefined {
    const { backend, clock, space } = this.#options
    if (backend.writeOrRead === undefined || !space().hasMuch(clock())) return undefined
    let entries: readonly StoreEntry[] | undefined
    try {
      entries = backend.expect?.(keys)
    } catch (error) {
      throw storeError(error)
    }
    if (entries === undefined) return undefined
    const isReadable = ({ corrupt, newer }: StoreEntry): boolean => (corrupt ?? newer) === undefined
    return checkEntries(entries, keys.length, 'expect').every(isReadable) ? entries : undefined
  }

  async #writeCounted(changes: readonly StoreChange[], growth: CountedGrowth): Promise<Written> {
    const space = this.#options.space()
    space.reserve(growth, 1)
    try {
      const written = await this.#options.calls.write(changes)
      if (written === true) space.written(changes, growth)
      return written
    } catch (error) {
      if (isRecordError(error, 'STORE_UNKNOWN')) this.#hasUnknownWrites = true
      throw error
    } finally {
      space.reserve(growth, -1)
    }
  }

  /** Waits before the next attempt, longer after each, at random: the first attempts of several writers would meet again. */
  async #pause(attempt: number): Promise<void> {
    const { random, setTimer } = this.#options
    const milliseconds = Math.floor(Math.min(maxPause, 2 ** attempt) * random())
    if (attempt > 0 && milliseconds > 0) await new Promise<void>((resolve) => void setTimer(resolve, milliseconds))
  }
}

function addsMark({ previous, next }: StoreChange): boolean {
  return next.mark !== undefined && previous.mark === undefined
}
