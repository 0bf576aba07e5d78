import type { SetTimer } from '@recordkit/record-types'

interface HeldLease {
  readonly holder: string
  /** ends it, and resolves when others can take it */
  readonly end: () => Promise<void>
  cancelTimer: () => void
}

/**
 * Leases among the tabs and workers of an origin: a Web Lock, which its holder gives back when the time of the lease is over.
 * The browser ends the leases of a tab that is closed or has crashed.
 */
export class WebLockLeases {
  readonly #prefix: string
  readonly #locks: LockManager
  readonly #setTimer: SetTimer
  readonly #held = new Map<string, HeldLease>()
  #closed = false

  /** @param database - name of the database */
  constructor(database: string, locks: LockManager, setTimer: SetTimer) {
    this.#prefix = `recordkit:lease:${database}:`
    this.#locks = locks
    this.#setTimer = setTimer
  }

  /** Takes, extends or (with 0 ms) releases a lease. @returns whether `holder` has it now */
  async take(name: string, holder: string, milliseconds: number): Promise<boolean> {
    const held = this.#held.get(name)
    if (held !== undefined) {
      if (held.holder !== holder) return false
      held.cancelTimer()
      if (milliseconds > 0) held.cancelTimer = this.#endLater(held, milliseconds)
      else await held.end()
      return true
    }
    return milliseconds <= 0 || this.#request(name, holder, milliseconds)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#held.values()].map(({ end }) => end()))
  }

  #request(name: string, holder: string, milliseconds: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const released = this.#locks.request(this.#prefix + name, { ifAvailable: true }, (lock) => {
        if (lock === null || this.#closed) return resolve(false)
        return new Promise<void>((release) => {
          const end = async (): Promise<void> => {
            held.cancelTimer()
            this.#held.delete(name)
            release()
            await released
          }
          const held: HeldLease = { holder, end, cancelTimer: () => {} }
          held.cancelTimer = this.#endLater(held, milliseconds)
          this.#held.set(name, held)
          resolve(true)
        })
      })
      released.catch(reject)
    })
  }

  #endLater({ end }: HeldLease, milliseconds: number): () => void {
    return milliseconds === Number.POSITIVE_INFINITY ? () => {} : this.#setTimer(() => void end(), milliseconds)
  }
}
