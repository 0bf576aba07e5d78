import { mapKey } from '@recordkit/record-types'

/** Runs what concerns one key one after another, in the order it came; other keys go on meanwhile. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<unknown>>()

  async run<T>(key: Uint8Array, work: () => Promise<T>): Promise<T> {
    const name = mapKey(key)
    const before = this.#tails.get(name)
    const mine = before === undefined ? work() : before.then(work, work)
    this.#tails.set(name, mine)
    try {
      return await mine
    } finally {
      if (this.#tails.get(name) === mine) this.#tails.delete(name)
    }
  }
}
