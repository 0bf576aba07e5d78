import type {
  AbortOptions,
  AccessControl,
  NetworkPutOptions,
  PutReceipt,
  RecordMetrics,
  SetTimer,
  Signer
} from '@recordkit/record-types'
import type { LookupOptions } from './lookup-cache.ts'
import type { ProgressOptions } from './progress.ts'
import type { SealOptions } from './record-signer.ts'
import type { Origin, PipelineOptions } from './record-pipeline.ts'
import type { RecordView } from './record-view.ts'
import type { Publication } from '@recordkit/record-store'
import type { Replication } from './replication.ts'

/** The parts of a manager. Closing the manager closes the store and no other part. */
export interface RecordManagerOptions extends PipelineOptions {
  /** the default signer: signs the records under keys that do not name another owner; without signers the manager only reads and receives */
  readonly signer?: Signer | undefined
  /** further signers: each signs the records under keys that name it as their owner, and those that are put with it */
  readonly signers?: readonly Signer[] | undefined
  /** the result of `replication(…)`; without it records are stored locally only */
  readonly network?: Replication | undefined
  /** decides which senders and records are accepted. @default the access control of the engine */
  readonly access?: AccessControl | undefined
  /** ms between two sweeps of expired records, once started; `Infinity` means no sweeps. @default 600_000 (10 minutes) */
  readonly sweepInterval?: number | undefined
  /**
   * sign although the clock shows a time before 2020, or more than a year after the newest record of the store; also to renew
   * records. @default false: `CLOCK_UNSOUND`
   */
  readonly trustClock?: boolean | undefined
  /** receives counts, durations and the numbers of `stats()`; see `openTelemetryMetrics` and docs/metrics.md. @default no metrics */
  readonly metrics?: RecordMetrics | undefined
  /** starts timers; for tests. @default the timers of the platform */
  readonly setTimer?: SetTimer | undefined
}

export interface GetOptions extends Omit<LookupOptions, 'onImproved'>, ProgressOptions {
  /** ask no peers. @default false */
  readonly offline?: boolean | undefined
  /** only what other peers may receive: nothing that was put with `offline: true` or without a network. @default false */
  readonly forPeers?: boolean | undefined
  /**
   * receives the stored record, and then each better one of a peer as soon as it is verified: the best so far, while further peers are
   * asked. An error that it throws ends the call
   */
  readonly onImproved?: ((record: RecordView) => void) | undefined
}

export interface PutOptions extends SealOptions, ProgressOptions, Pick<NetworkPutOptions, 'copies'> {}

/** Options of a put of a signed value. */
export type PutSignedOptions = Pick<PutOptions, 'copies' | 'timeout' | 'offline' | 'onProgress' | 'signal'>

export interface WatchOptions extends AbortOptions {
  /** begin with the stored records; a record may then be returned twice. @default false */
  readonly initial?: boolean | undefined
  /**
   * ms between two look-ups among peers, for a single key. With PubSub, only every tenth is made while another peer is subscribed to
   * the topic of the key. @default no look-ups: only records that this node receives
   */
  readonly pollInterval?: number | undefined
}

/** Options of receiving a record. */
export type ReceiveOptions = Pick<Origin, 'sender' | 'group' | 'signal'>

/** The result of a put: the record as it is stored, and the receipt of the network when there is one. */
export interface PutResult {
  readonly record: RecordView
  readonly status: 'stored' | 'refreshed'
  readonly receipt?: PutReceipt | undefined
}

/**
 * A publication of a manager. Its times are in ns. `status`: `active`, `lapsed` (the record has expired, or is not valid for
 * another reason), `displaced` (a record of another author replaced ours; the publication ends) or `missing` (the store does not contain a record).
 */
export interface PublicationView extends Publication {
  readonly status: 'active' | 'lapsed' | 'displaced' | 'missing'
  /** the stored record, also when it has lapsed: it is returned nowhere else then */
  readonly record?: RecordView | undefined
  /** ns since the Unix epoch; when it is published or renewed next. `undefined` when it is not in the queue, or is running */
  readonly next?: bigint | undefined
  /** number of consecutive failures */
  readonly failures: number
  /** the reason of the last failure */
  readonly error?: unknown
}
