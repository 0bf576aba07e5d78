import { dateFromTime, isRecordError, RecordError } from '@recordkit/record-types'
import type { AbortOptions, Clock } from '@recordkit/record-types'
import type { RecordStore } from '@recordkit/record-store'

/** ns: the start of 2020. No clock is earlier, unless it lost its time. */
const earliest = 1_577_836_800_000_000_000n
/** ns: a year of 366 days. A clock that is further ahead of the last known time was set wrongly, or the device was off for long. */
const maxAhead = 31_622_400_000_000_000n
/** How many entries of the store are read, in the rare case that each of them is older than a year. */
const maxEntries = 256

/**
 * Decides whether the clock may be used to sign. A record that is signed with a clock years ahead blocks its key for years.
 *
 * The clock is compared with the newest time at which this process stored a record, and with the times of receipt in the store.
 * The store is read once per process, before the first signature, until an entry is not older than a year: usually the first one.
 * Times before 2020, and times that are themselves too far ahead, are not remembered.
 */
export class ClockCheck {
  readonly #store: RecordStore
  readonly #clock: Clock
  readonly #trusted: boolean
  #newest: bigint | undefined
  #read = false

  /** @param trusted - whether the application confirmed the clock once for all */
  constructor(store: RecordStore, clock: Clock, trusted: boolean) {
    this.#store = store
    this.#clock = clock
    this.#trusted = trusted
  }

  /** Reads the store, unless it was read before. What cannot be read says nothing about the clock. @throws RecordError `STORE_CLOSED`; the reason of the signal */
  async read({ signal }: AbortOptions = {}): Promise<void> {
    if (this.#read) return
    const now = this.#clock()
    let newest: bigint | undefined
    try {
      // a clock that is too far ahead makes every record expired
      for await (const { timeReceived } of this.#store.iterate({ expired: true, limit: maxEntries }, { signal })) {
        if (timeReceived >= earliest && (newest === undefined || timeReceived > newest)) newest = timeReceived
        if (newest !== undefined && now - newest <= maxAhead) break
      }
    } catch (error) {
      signal?.throwIfAborted()
      // nothing works with a store that was closed
      if (!isRecordError(error) || error.code === 'STORE_CLOSED') throw error
      return
    }
    if (this.#read) return
    this.#read = true
    if (newest !== undefined && (this.#newest === undefined || newest > this.#newest)) this.#newest = newest
  }

  /** Remembers that a record was stored now. */
  stored(): void {
    const now = this.#clock()
    if (this.#read && this.#problem(now) === undefined && (this.#newest === undefined || now > this.#newest))
      this.#newest = now
  }

  /**
   * Must be called before anything is signed.
   *
   * @param trustClock - whether the application confirms the clock for this call
   * @throws RecordError `CLOCK_UNSOUND`
   */
  async check(
    key: Uint8Array,
    { signal, trustClock }: AbortOptions & { trustClock?: boolean | undefined }
  ): Promise<void> {
    await this.read({ signal })
    const now = this.#clock()
    if (trustClock ?? this.#trusted) {
      if (now >= earliest) this.#newest = now
      return
    }
    const problem = this.#problem(now)
    if (problem !== undefined) {
      throw new RecordError(
        'CLOCK_UNSOUND',
        `nothing was signed: the clock shows ${dateText(now)}, ${problem}; pass \`trustClock: true\` when it is right`,
        { key }
      )
    }
  }

  #problem(now: bigint): string | undefined {
    if (now < earliest) return 'and a time after 2020 is expected'
    if (this.#newest === undefined || now - this.#newest <= maxAhead) return undefined
    return `more than a year after ${dateText(this.#newest)}, when a record was last stored`
  }
}

function dateText(time: bigint): string {
  return dateFromTime(time).toISOString()
}
