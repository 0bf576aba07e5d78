import { generateKeyPair } from '@recordkit/record-crypto'
import { anyone, ipns, ownerInKey, publicKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { RecordManager } from './record-manager.ts'
import type { RecordManagerParts } from './manager-options.ts'

/**
 * A manager that needs no options: a memory store, a fresh Ed25519 identity, IPNS names, public keys, `/config/<owner>/…`
 * for the owner alone, and signed records by anyone under every other key, one without a namespace too.
 */
export async function createRecordManager(parts: Partial<RecordManagerParts> = {}): Promise<RecordManager> {
  return new RecordManager({
    ...parts,
    engine:
      parts.engine ??
      new ValidationEngine([ipns(), publicKey(), signed('config', { authors: ownerInKey() })], {
        fallback: signed('', { authors: anyone() }),
        ...(parts.clock === undefined ? {} : { clock: parts.clock })
      }),
    store: parts.store ?? new MemoryRecordStore(parts.clock === undefined ? {} : { clock: parts.clock }),
    signer: parts.signer ?? (await generateKeyPair())
  })
}
