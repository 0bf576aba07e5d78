import type { Clock, SetTimer } from '@recordkit/record-types'
import type { RecordStore } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { ClockCheck } from './clock-check.ts'
import type { ManagerEvents } from './events.ts'
import type { KeyChain } from './key-chain.ts'
import type { ManagerMetrics } from './metrics.ts'
import type { ReceiveResult } from './receive-result.ts'
import type { Origin, RecordPipeline } from './record-pipeline.ts'
import type { Replicator } from './replication.ts'
import type { CheckedRepublishOptions } from './republish-options.ts'

/** The parts of a manager that publish records. */
export interface PublicationParts {
  readonly engine: ValidationEngine
  readonly store: RecordStore
  readonly pipeline: RecordPipeline
  readonly signers: KeyChain
  readonly network: Replicator | undefined
  readonly republish: CheckedRepublishOptions
  readonly events: ManagerEvents
  readonly metrics: ManagerMetrics
  readonly clock: Clock
  readonly clockCheck: ClockCheck
  readonly setTimer: SetTimer
  /** passes a record through the pipeline, and notifies watchers and listeners */
  readonly process: (key: Uint8Array, value: Uint8Array, origin: Origin) => Promise<ReceiveResult>
}
