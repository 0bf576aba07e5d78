import { isRefusal } from '@recordkit/record-types'
import type { ChangeListener } from './follow-changes.ts'
import type { PublicationParts } from './publication-parts.ts'

/** Ends the background of a put when another process stores a later record, deletes the record or ends its publication. */
export class ReplacedCopies implements ChangeListener {
  readonly #parts: Pick<PublicationParts, 'store' | 'engine' | 'network'>

  constructor(parts: Pick<PublicationParts, 'store' | 'engine' | 'network'>) {
    this.#parts = parts
  }

  async changed(keys: readonly Uint8Array[]): Promise<void> {
    for (const key of keys) await this.#check(key)
  }

  async missed(): Promise<void> {
    await this.changed(this.#parts.network?.copying ?? [])
  }

  async #check(key: Uint8Array): Promise<void> {
    const { network, store } = this.#parts
    const value = network?.copied(key)
    if (value === undefined) return
    const [stored, publication] = [await store.get(key), await store.publication(key)]
    // a put of this process began meanwhile
    if (network?.copied(key) !== value) return
    if (publication?.network !== true || stored === undefined || this.#isLater(key, stored.value, value))
      network.endBackground(key)
  }

  #isLater(key: Uint8Array, value: Uint8Array, than: Uint8Array): boolean {
    const { engine } = this.#parts
    const [a, b] = [engine.parse(key, value), engine.parse(key, than)]
    return isRefusal(a) || isRefusal(b) || engine.compare(a, b) > 0
  }
}
