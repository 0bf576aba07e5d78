import type { StoreBackend, StoreChange } from './backend.ts'
import type { EntryTransaction } from './store-transaction.ts'
import type { Clock } from '@recordkit/record-types'
import { RecordError } from '@recordkit/record-types'
import { KeyedMutex, mapKey } from '@recordkit/record-types/internal'
import { copyMark } from './store-arguments.ts'
import { wrapErrors } from './store-errors.ts'
import { dropMark } from './store-transaction.ts'

/** Decides a change: sets `next` of the transactions, by map key, and returns the result of the call. */
export type Decide<Result> = (transactions: ReadonlyMap<string, EntryTransaction>, now: bigint) => Result

/** How often a write is decided again after another process changed one of its keys. */
const attempts = 16
/** How many excess marks are removed by one write. */
const excessMarksLimit = 256

function addsMark({ previous, next }: StoreChange): boolean {
  return next.mark !== undefined && previous.mark === undefined
}

/** Reads, decides and writes, one change at a time per key. */
export class StoreWriter {
  readonly #backend: StoreBackend
  readonly #clock: Clock
  readonly #locks: KeyedMutex = new KeyedMutex()
  #markEviction: Promise<void> = Promise.resolve()

  constructor(backend: StoreBackend, clock: Clock) {
    this.#backend = backend
    this.#clock = clock
  }

  /**
   * Changes keys, and removes excess marks afterwards.
   *
   * @param keys - the keys by map key
   * @param onWrite - called before each write with its changes, and with an empty list when the backend refused them
   * @throws RecordError `STORE_CONTENDED` when other processes changed the keys in every attempt
   */
  async change<Result>(
    keys: ReadonlyMap<string, Uint8Array>,
    signal: AbortSignal | undefined,
    decide: Decide<Result>,
    onWrite: (changes: readonly StoreChange[]) => void
  ): Promise<Result> {
    let written: readonly StoreChange[] = []
    const result = await this.#write(keys, signal, decide, (changes) => {
      written = changes
      onWrite(changes)
    })
    // the change itself is done: when removing marks fails, the next write tries again
    if (written.some(addsMark)) await this.#removeExcessMarks().catch(() => {})
    return result
  }

  #write<Result>(
    keys: ReadonlyMap<string, Uint8Array>,
    signal: AbortSignal | undefined,
    decide: Decide<Result>,
    onWrite: (changes: readonly StoreChange[]) => void
  ): Promise<Result> {
    const change = async (): Promise<Result> => {
      const ids = [...keys.keys()]
      const list = [...keys.values()]
      for (let attempt = 0; attempt < attempts; attempt++) {
        signal?.throwIfAborted()
        const entries = list.length === 0 ? [] : await wrapErrors(() => this.#backend.read(list))
        signal?.throwIfAborted()
        const transactions = new Map<string, EntryTransaction>()
        list.forEach((key, index) => {
          const entry = entries[index] ?? {}
          transactions.set(ids[index] as string, { key, previous: entry, next: entry })
        })
        const result = decide(transactions, this.#clock())
        const changes: StoreChange[] = []
        for (const transaction of transactions.values()) {
          if (transaction.next !== transaction.previous) changes.push(transaction)
        }
        if (changes.length === 0) return result
        onWrite(changes)
        if (await wrapErrors(() => this.#backend.write(changes))) return result
        onWrite([])
      }
      throw new RecordError('STORE_CONTENDED', `other writers changed the keys ${attempts} times in a row; try again`)
    }
    return this.#locks.run([...keys.keys()], change)
  }

  /** Removes the oldest marks until the backend reports no excess. Calls run one after another. */
  #removeExcessMarks(): Promise<void> {
    const run = async (): Promise<void> => {
      for (;;) {
        const excess = (await wrapErrors(() => this.#backend.excessMarks?.(excessMarksLimit) ?? [])).map(copyMark)
        const ids = excess.map(({ key }) => mapKey(key))
        const keys = new Map(excess.map(({ key }, index) => [ids[index] as string, key]))
        const dropMarks = (transactions: ReadonlyMap<string, EntryTransaction>): number =>
          excess.filter((mark, index) => dropMark(transactions.get(ids[index] as string) as EntryTransaction, mark))
            .length
        if (excess.length === 0 || (await this.#write(keys, undefined, dropMarks, () => {})) === 0) return
      }
    }
    this.#markEviction = this.#markEviction.then(run, run)
    return this.#markEviction
  }
}
