import type { Clock, SetTimer } from '@recordkit/record-types'
import type { RecordStore } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { ClockCheck } from './clock-check.ts'
import type { ManagerEvents } from './events.ts'
import type { KeyChain } from './key-chain.ts'
import type { ManagerMetrics } from './metrics.ts'
import type { PublicationQueue } from './publication-queue.ts'
import type { RecordPipeline } from './record-pipeline.ts'
import type { RecordReceiver } from './record-receiver.ts'
import type { RecordSigner } from './record-signer.ts'
import type { Replicator } from './replication.ts'
import type { Watchers } from './watchers.ts'

/** The parts that a manager is composed of. Functions beside a manager use them too: they are not its methods, so that unused ones add nothing to a bundle. */
export interface ManagerParts {
  readonly engine: ValidationEngine
  readonly store: RecordStore
  readonly pipeline: RecordPipeline
  readonly signers: KeyChain
  readonly network: Replicator | undefined
  readonly events: ManagerEvents
  readonly metrics: ManagerMetrics
  readonly watchers: Watchers
  readonly clock: Clock
  readonly clockCheck: ClockCheck
  readonly setTimer: SetTimer
  readonly recordSigner: RecordSigner
  readonly receiver: RecordReceiver
  readonly publications: PublicationQueue
}

/** The parts of every manager. */
export const managerParts: WeakMap<object, ManagerParts> = /* @__PURE__ */ new WeakMap()
