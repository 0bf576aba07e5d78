import type { Clock } from '@recordkit/record-types'
import type { RecordStore } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { ReceiveResult } from './receive-result.ts'
import type { Origin } from './record-pipeline.ts'
import type { Replicator } from './replication.ts'

/** What functions beside a manager use of it: they are not its methods, so that unused ones add nothing to a bundle. */
export interface ManagerParts {
  readonly engine: ValidationEngine
  readonly store: RecordStore
  readonly clock: Clock
  readonly network: Replicator | undefined
  /** adds the publication of a key to the queue, from the store */
  readonly publishSoon: (key: Uint8Array) => void
  /** passes a record through the pipeline, and notifies watchers and listeners */
  readonly process: (key: Uint8Array, value: Uint8Array, origin: Origin) => Promise<ReceiveResult>
}

/** The parts of every manager. */
export const managerParts: WeakMap<object, ManagerParts> = /* @__PURE__ */ new WeakMap()
