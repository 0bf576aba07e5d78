import type { AbstractBatchOperation } from 'abstract-level'
import { MemoryLevel } from 'memory-level'

type Operations = AbstractBatchOperation<MemoryLevel<Uint8Array, Uint8Array>, Uint8Array, Uint8Array>[]

const inner = MemoryLevel.prototype as unknown as { _batch(operations: Operations, options: object): Promise<void> }

/** A database in memory whose batches fail on request: before anything is applied, or after everything is. */
export class FailingLevel extends MemoryLevel<Uint8Array, Uint8Array> {
  fails: 'not' | 'before' | 'after' = 'not'

  constructor() {
    super({ storeEncoding: 'view', keyEncoding: 'view', valueEncoding: 'view' })
  }

  async _batch(operations: Operations, options: object): Promise<void> {
    if (this.fails === 'before') throw new Error('no space left on device')
    await inner._batch.call(this, operations, options)
    if (this.fails === 'after') throw new Error('input/output error')
  }
}
