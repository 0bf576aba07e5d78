import { isRecordError, RecordError } from '@recordkit/record-types'
import type { PutReceipt, ReplicationReceipt } from '@recordkit/record-types'
import { anySignal, mapKey, raceAbort } from '@recordkit/record-types/internal'

/** The copying of one record to peers. */
interface RunningCopy {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly ended: AbortController
  /** resolves when nothing goes on in the background; absent while there are not enough copies */
  background?: Promise<unknown>
  /** whether nothing may go on in the background */
  isOver: boolean
  /** the receipt of the record that took its place */
  later?: Promise<PutReceipt>
}

/**
 * The records that are being copied to peers, at most one of each key. Peers of other implementations keep what they receive last: a
 * record that is not the latest any more is not sent.
 */
export class RunningCopies {
  readonly #running = new Map<string, RunningCopy>()

  /**
   * Copies a record. First it ends the copying of an earlier record of the key; if that one does not have enough copies yet, it gets
   * the receipt of this one.
   *
   * @param copy - its signal aborts with `signal`, also in the background
   * @throws what `copy` throws; the reason of the signal
   */
  run(
    key: Uint8Array,
    value: Uint8Array,
    signal: AbortSignal | undefined,
    copy: (signal: AbortSignal) => Promise<ReplicationReceipt>
  ): Promise<PutReceipt> {
    const name = mapKey(key)
    const earlier = this.#running.get(name)
    const running: RunningCopy = { key, value, ended: new AbortController(), isOver: false }
    this.#running.set(name, running)
    earlier?.ended.abort(replaced(key))
    const receipt = this.#run(key, running, signal, copy)
    // the earlier one notices in a later turn that it was ended
    if (earlier !== undefined) earlier.later = receipt
    return receipt
  }

  /** The keys whose records are being copied. */
  get keys(): Uint8Array[] {
    return [...this.#running.values()].map(({ key }) => key)
  }

  /** The value that is being copied under a key. */
  valueOf(key: Uint8Array): Uint8Array | undefined {
    return this.#running.get(mapKey(key))?.value
  }

  /** Ends what goes on in the background for a key, now or once there are enough copies. */
  endBackground(key: Uint8Array): void {
    const running = this.#running.get(mapKey(key))
    if (running === undefined) return
    running.isOver = true
    if (running.background !== undefined) running.ended.abort(replaced(key))
  }

  /** Resolves when nothing goes on in the background. */
  async settled(): Promise<void> {
    await Promise.all([...this.#running.values()].map(async ({ background }) => background))
  }

  async #run(
    key: Uint8Array,
    running: RunningCopy,
    signal: AbortSignal | undefined,
    copy: (signal: AbortSignal) => Promise<ReplicationReceipt>
  ): Promise<PutReceipt> {
    const ended = running.ended.signal
    const either = signal === undefined ? ended : anySignal([signal, ended])
    try {
      const receipt = await raceAbort(copy(either), either)
      const { complete = Promise.resolve(receipt) } = receipt
      running.background = raceAbort(complete, either)
        .catch(() => undefined)
        .finally(() => this.#remove(key, running))
      if (running.isOver) running.ended.abort(replaced(key))
      return { ...receipt, complete }
    } catch (error) {
      this.#remove(key, running)
      if (running.later === undefined || signal?.aborted === true) throw error
      return raceAbort(receiptOfLater(key, running.later), signal)
    }
  }

  #remove(key: Uint8Array, running: RunningCopy): void {
    const name = mapKey(key)
    if (this.#running.get(name) === running) this.#running.delete(name)
  }
}

function replaced(key: Uint8Array): RecordError {
  return new RecordError('TOO_FEW_COPIES', 'the record is not the latest of its key any more', { key })
}

/** The receipt of the record that took the place of another. Its abort is not an abort of the other. */
async function receiptOfLater(key: Uint8Array, later: Promise<PutReceipt>): Promise<PutReceipt> {
  try {
    return await later
  } catch (cause) {
    if (isRecordError(cause)) throw cause
    throw new RecordError('TOO_FEW_COPIES', 'a later record of the key took the place of this one, and was aborted', {
      key,
      cause
    })
  }
}
