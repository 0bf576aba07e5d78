import { generateKeyPair } from '@recordkit/record-crypto'
import { anyAuthor, ipns, ownerInKey, publicKeys, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { RecordManager } from './record-manager.ts'
import type { RecordManagerOptions } from './manager-options.ts'

/**
 * Creates a manager. Every option has a default: a memory store, a new Ed25519 key pair as the signer, and an engine for IPNS
 * names, public keys, records under `/config/<owner>/…` that only their owner can write, and signed records of any author
 * under all other keys, also keys without a namespace.
 *
 * @example
 * ```ts
 * await using manager = await createRecordManager()
 * await manager.put('test-key', new TextEncoder().encode('hello'))
 * ```
 */
export async function createRecordManager(options: Partial<RecordManagerOptions> = {}): Promise<RecordManager> {
  const { clock } = options
  return new RecordManager({
    ...options,
    engine:
      options.engine ??
      new ValidationEngine([ipns(), publicKeys(), signed('config', { authors: ownerInKey() })], {
        fallback: signed('', { authors: anyAuthor() }),
        clock
      }),
    store: options.store ?? new MemoryRecordStore({ clock }),
    signer: options.signer ?? (await generateKeyPair())
  })
}
