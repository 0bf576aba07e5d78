import type {
  AbortOptions,
  NetworkPutOptions,
  PutReceipt,
  RecordMetrics,
  SetTimer,
  Signer
} from '@recordkit/record-types'
import type { ManagerNetwork } from './managed-network.ts'
import type { ReadOptions } from './network-reads.ts'
import type { ProgressOptions } from './progress.ts'
import type { SealOptions } from './publisher.ts'
import type { Origin, PathParts } from './record-path.ts'
import type { RecordView } from './record-view.ts'

/** What a manager is composed of. The store is closed with it, nothing else. */
export interface RecordManagerParts extends PathParts {
  /** signs what we put; without one the manager only reads and receives */
  readonly signer?: Signer
  /** `managedNetwork(…)`; without one the manager is local */
  readonly network?: ManagerNetwork
  /** ms between two sweeps of what has expired, once started; 10 minutes when absent */
  readonly sweepInterval?: number
  readonly metrics?: RecordMetrics
  readonly setTimer?: SetTimer
}

export interface GetOptions extends ReadOptions, ProgressOptions {
  /** touch no network */
  readonly offline?: boolean
}

export interface PutOptions extends SealOptions, ProgressOptions, Pick<NetworkPutOptions, 'copies'> {}

/** What a finished value may be published with. */
export type PublishOptions = Pick<PutOptions, 'copies' | 'deadline' | 'offline' | 'onProgress' | 'signal'>

export interface WatchOptions extends AbortOptions {
  /** begin with what is held now; a record may then come twice */
  readonly initial?: boolean
  /** ms: ask peers for the key so often, as a node that is not asked to keep it hears nothing by itself. Of one key only */
  readonly every?: number
}

export type ReceiveOptions = Omit<Origin, 'local'>

/** What a put did: the record as it now is, and where its copies are when a network was asked. */
export interface PutReport {
  readonly record: RecordView
  readonly outcome: 'stored' | 'refreshed'
  readonly receipt?: PutReceipt
}

export interface ManagerStats {
  readonly store: { readonly entries: number; readonly bytes: number; readonly marks: number }
  readonly verdicts: { readonly entries: number; readonly hits: number; readonly misses: number }
  readonly reads: { readonly asking: number; readonly remembered: number }
  readonly watchers: number
  /** records kept alive */
  readonly scheduled: number
}
