import type { LevelDatabase, LevelOperation } from '../src/level-database.ts'
import { FaultyLevel } from './faulty-level.ts'

/**
 * A database that remembers which of its batches it was asked to sync. When the power is cut, what was written after
 * the last sync is gone, in whole or in part: a batch is there or not, and none is there without those before it, as
 * in a log.
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

  get unsynced(): number {
    return this.#unsynced.length
  }

  /** What is there after a power cut, when the first `kept` of the batches that were not synced had got to the disk. */
  async cut(kept: number): Promise<PowerCutLevel> {
    const after = new PowerCutLevel()
    const database: LevelDatabase = after
    for (const batch of [...this.#synced, ...this.#unsynced.slice(0, kept)]) {
      await database.batch(batch, { keyEncoding: 'view', valueEncoding: 'view', sync: true })
    }
    return after
  }
}
