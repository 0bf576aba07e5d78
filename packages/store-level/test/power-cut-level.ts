import type { LevelOperation } from '../src/level-database.ts'
import { writeBatch } from '../src/level-database.ts'
import { FaultyLevel } from './faulty-level.ts'

/**
 * A database that records which of its batches were synced. A power cut loses some or all batches after the last sync: a
 * batch survives completely or not at all, and only if all batches before it do, as in a log.
 */
export class PowerCutLevel extends FaultyLevel {
  readonly #synced: LevelOperation[][] = []
  #unsynced: LevelOperation[][] = []

  constructor() {
    super()
    this.onBatch = (operations, sync) => {
      this.#unsynced.push(
        operations.map((operation): LevelOperation => {
          const key = operation.key.slice()
          return operation.type === 'put' ? { type: 'put', key, value: operation.value.slice() } : { type: 'del', key }
        })
      )
      if (sync) this.#synced.push(...this.#unsynced.splice(0))
    }
  }

  /** number of batches since the last sync */
  get unsynced(): number {
    return this.#unsynced.length
  }

  /** The database after a power cut that `count` of the unsynced batches survive. */
  async cut(count: number): Promise<PowerCutLevel> {
    const after = new PowerCutLevel()
    await after.open()
    for (const batch of [...this.#synced, ...this.#unsynced.slice(0, count)]) await writeBatch(after, batch, true)
    return after
  }
}
