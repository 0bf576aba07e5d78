import type { Clock, SetTimer } from '@recordkit/record-types'

/** ns between two messages */
const interval = 1_000_000_000n

/** Lets one message a second pass. While it is closed, the latest message waits; the earlier ones do not pass. */
export class ForwardLimit {
  readonly #clock: Clock
  readonly #setTimer: SetTimer
  /** ns */
  #last: bigint | undefined
  #waiting: { readonly resolve: (passes: boolean) => void; readonly cancel: () => void } | undefined

  constructor(clock: Clock, setTimer: SetTimer) {
    this.#clock = clock
    this.#setTimer = setTimer
  }

  /** Whether a message passes now. */
  get isOpen(): boolean {
    return this.#waiting === undefined && this.#remaining() === 0n
  }

  /** Whether a message passes: `true` when it does now, else a promise that resolves when it does or is replaced. */
  pass(): true | Promise<boolean> {
    if (this.isOpen) {
      this.#last = this.#clock()
      return true
    }
    this.#waiting?.cancel()
    this.#waiting?.resolve(false)
    const delay = Math.ceil(Number(this.#remaining()) / 1e6)
    return new Promise((resolve) => {
      const cancel = this.#setTimer(() => {
        this.#waiting = undefined
        this.#last = this.#clock()
        resolve(true)
      }, delay)
      this.#waiting = { resolve, cancel }
    })
  }

  /** The message that waits does not pass. */
  end(): void {
    this.#waiting?.cancel()
    this.#waiting?.resolve(false)
    this.#waiting = undefined
  }

  /** ns until the next message passes */
  #remaining(): bigint {
    const elapsed = this.#last === undefined ? interval : this.#clock() - this.#last
    // below 0: the clock was set back
    return elapsed >= interval || elapsed < 0n ? 0n : interval - elapsed
  }
}
