import type { Clock } from '@recordkit/record-types'
import { keptCopy, mapKey, turns } from '@recordkit/record-types/internal'
import type { BackendCalls } from './backend-calls.ts'
import type { StoreEntry } from './backend.ts'
import type { EntryScans } from './entry-scans.ts'
import type { EntryWriter } from './entry-writer.ts'
import type { StoreSpace } from './store-space.ts'
import type { StoreCapabilities } from './store.ts'

/** ns after which a sweep counts again what several processes change: an hour */
const recountInterval = 3_600_000_000_000n
/** Keys that are read together. */
const pageSize = 256

export interface EntryCounterOptions {
  readonly capabilities: StoreCapabilities
  readonly calls: BackendCalls
  readonly writer: EntryWriter
  readonly space: StoreSpace
  readonly scans: EntryScans
  readonly clock: Clock
}

/** Reads all entries in the background, once, to count them where the backend keeps no accounts. */
export class EntryCounter {
  readonly #options: EntryCounterOptions
  #known: Promise<void> | undefined
  #counted = 0n

  constructor(options: EntryCounterOptions) {
    this.#options = options
  }

  /** Resolves when everything is counted, or could not be. */
  learn(): Promise<void> {
    const { persistent, multiProcess } = this.#options.capabilities
    if (this.#options.space.memory === undefined || !(persistent || multiProcess)) return Promise.resolve()
    this.#known ??= this.#count().catch(() => {
      // the next write or sweep tries again
      this.#known = undefined
    })
    return this.#known
  }

  /** The same, counting again what other processes, or writes with an unknown result, may have changed. */
  learnAgain(): Promise<void> {
    const { capabilities, clock, writer } = this.#options
    const isOld = capabilities.multiProcess && clock() - this.#counted > recountInterval
    if (writer.takeUnknownWrites() || isOld) this.#known = undefined
    return this.learn()
  }

  async #count(): Promise<void> {
    const { calls, writer, space, scans, clock } = this.#options
    // what was known may have been deleted by another process
    const unseen = space.countedKeys()
    const page: Uint8Array[] = []
    const count = async (): Promise<void> => {
      const keys = new Map(page.splice(0).map((key) => [mapKey(key), key]))
      if (keys.size === 0) return
      const list = [...keys.values()]
      await writer.locks.run([...keys.keys()], async () => {
        const entries = await calls.read(list)
        list.forEach((key, index) => space.wasRead(key, entries[index] ?? {}))
      })
      // other work gets its turn
      await turns.next()
    }
    for (const kind of ['records', 'marks', 'publications'] as const) {
      for await (const key of scans.scan(kind, undefined, undefined, keyOf)) {
        unseen.delete(mapKey(key))
        if (page.push(key) === pageSize) await count()
      }
    }
    for (const key of unseen.values()) if (page.push(key) === pageSize) await count()
    await count()
    this.#counted = clock()
  }
}

/** A copy of the key of an entry; `undefined` when it cannot be read. */
function keyOf({ record, mark, publication }: StoreEntry): Uint8Array | undefined {
  const key = (record ?? mark ?? publication)?.key
  return key && keptCopy(key)
}
