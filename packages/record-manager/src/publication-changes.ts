import type { SetTimer } from '@recordkit/record-types'
import { BoundedMap, mapKey } from '@recordkit/record-types/internal'
import type { Publication, RecordStore } from '@recordkit/record-store'
import type { ChangeFollower, ChangeListener } from './follow-changes.ts'

interface PublicationChangesOptions {
  readonly store: RecordStore
  readonly changes: ChangeFollower
  readonly setTimer: SetTimer
  /** receives the publications of keys that have changed */
  readonly update: (publications: readonly Publication[]) => Promise<void>
  /** reads all publications again */
  readonly reload: () => Promise<unknown>
}

/** ms for which changed keys are collected */
const delay = 10_000
/** maximum number of changed keys that wait; the queue finds further ones when it reads all publications */
const maxWaiting = 65_536
/** publications that are read together */
const pageSize = 256

/** Reports the publications that other processes add or change in a store. */
export class PublicationChanges implements ChangeListener {
  readonly #options: PublicationChangesOptions
  readonly #waiting = new BoundedMap<string, Uint8Array>(maxWaiting)
  #cancel: (() => void) | undefined
  #isStarted = false

  constructor(options: PublicationChangesOptions) {
    this.#options = options
  }

  /** Does nothing where the store belongs to one process. */
  start(): void {
    if (!this.#options.store.capabilities.multiProcess) return
    this.#isStarted = true
    this.#options.changes.add(this)
  }

  stop(): void {
    this.#isStarted = false
    this.#options.changes.remove(this)
    this.#waiting.clear()
    this.#cancel?.()
    this.#cancel = undefined
  }

  async changed(keys: readonly Uint8Array[]): Promise<void> {
    for (const key of keys) this.#waiting.set(mapKey(key), key)
    this.#schedule()
  }

  async missed(): Promise<void> {
    await this.#options.reload()
  }

  #schedule(): void {
    if (!this.#isStarted) return
    this.#cancel ??= this.#options.setTimer(() => void this.#read(), delay)
  }

  async #read(): Promise<void> {
    const { store, update } = this.#options
    const keys = [...this.#waiting]
    this.#waiting.clear()
    try {
      while (keys.length > 0 && this.#isStarted) {
        const page = keys.slice(0, pageSize)
        const publications = await Promise.all(page.map(async ([, key]) => store.publication(key)))
        await update(publications.filter((publication) => publication !== undefined))
        keys.splice(0, pageSize)
      }
    } catch {
      // they are read again with the next ones
      for (const [name, key] of keys) this.#waiting.set(name, key)
    }
    this.#cancel = undefined
    if (this.#waiting.size > 0) this.#schedule()
  }
}
