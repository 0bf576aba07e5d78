import type { RecordStore } from '@recordkit/record-store'
import type { Clock } from '@recordkit/record-types'
import { ipns, ownerInKey, peerRecords, publicKeys, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'

/** Makes the parts that the options of a node do not contain. */
export interface DefaultParts {
  engine(clock: Clock | undefined): ValidationEngine
  store(clock: Clock | undefined): RecordStore
}

/** An engine for the formats of libp2p and `/config/<owner>/…` of signed records that only their owner writes, and a store in memory. */
export const defaultParts: DefaultParts = {
  engine: (clock) =>
    new ValidationEngine([ipns(), publicKeys(), peerRecords(), signed('config', { authors: ownerInKey() })], { clock }),
  store: (clock) => new MemoryRecordStore({ clock })
}
