import type { Provider } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'

/** A provider, and whether it published a signed provider record. */
export interface FoundProvider extends Provider {
  readonly signed: boolean
}

/** maximum number of signed records that are looked up at the same time */
const concurrency = 32

/** Confirms the providers of one search while it runs, in the order in which they were found. */
export class ProviderConfirmations {
  readonly #confirm: (provider: Provider) => Promise<FoundProvider>
  readonly #enough: number
  readonly #waiting: Provider[] = []
  readonly #running = new Set<Promise<void>>()
  readonly #results = new Map<string, FoundProvider>()
  /** index of the first provider that waits */
  #next = 0
  #signed = 0

  /**
   * @param confirm - does not reject
   * @param enough - number of signed providers after which no further one is confirmed
   */
  constructor(confirm: (provider: Provider) => Promise<FoundProvider>, enough: number) {
    this.#confirm = confirm
    this.#enough = enough
  }

  /** Whether enough providers have signed. */
  get complete(): boolean {
    return this.#signed >= this.#enough
  }

  add(provider: Provider): void {
    this.#waiting.push(provider)
    this.#start()
  }

  /** Waits until there is a result for every provider, or enough of them have signed. */
  async settled(): Promise<void> {
    while (this.#running.size > 0 && !this.complete) await Promise.race(this.#running)
  }

  /** The result for a provider; `undefined` while there is none. */
  result({ id }: Provider): FoundProvider | undefined {
    return this.#results.get(mapKey(id))
  }

  #start(): void {
    while (this.#running.size < concurrency && this.#next < this.#waiting.length && !this.complete) {
      const provider = this.#waiting[this.#next++] as Provider
      const running = this.#confirm(provider).then((result) => {
        this.#results.set(mapKey(provider.id), result)
        if (result.signed) this.#signed++
        this.#running.delete(running)
        this.#start()
      })
      this.#running.add(running)
    }
  }
}
