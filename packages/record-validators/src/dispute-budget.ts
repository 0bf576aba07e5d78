import type { Clock } from '@recordkit/record-types'

/** checks that may be made at once, and that are added per second: 7 % of a core, at 1.4 ms each */
const most = 1000
const perSecond = 50

/**
 * Limits how many refused signatures an engine checks for whether another implementation may accept them. Such a check takes ten times
 * as long as the verification, and very many senders, each within its own limits, could ask for it.
 */
export class DisputeBudget {
  readonly #clock: Clock
  #left = most
  #at: bigint | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes one check. @returns whether there was one */
  take(): boolean {
    const now = this.#clock()
    const elapsed = this.#at === undefined || now < this.#at ? 0 : Number(now - this.#at) / 1e9
    this.#at = now
    this.#left = Math.min(most, this.#left + elapsed * perSecond)
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
