export { exportRecords } from './export-records.ts'
export type { ExportOptions } from './export-records.ts'
export { importRecords } from './import-records.ts'
export type { ArchiveProgress, ImportOptions, ImportRefusal, ImportResult } from './import-records.ts'
export { ManagerEvents } from './events.ts'
export type { DisplacedRecord, ManagerEventDetails } from './events.ts'
export { KeyChain } from './key-chain.ts'
export type { KeyChainEntry } from './key-chain.ts'
export { NamespaceRecords } from './namespace-records.ts'
export type { OwnerOptions, TypedRecord } from './namespace-records.ts'
export { logEvents } from './log-events.ts'
export type { EventLogger } from './log-events.ts'
export type { LookupCacheOptions } from './lookup-cache.ts'
export type {
  GetOptions,
  PublicationView,
  PutOptions,
  PutResult,
  PutSignedOptions,
  ReceiveOptions,
  RecordManagerOptions,
  WatchOptions
} from './manager-options.ts'
export type { ManagerProgress, ProgressOptions } from './progress.ts'
export type { Equivocation, ReceiveResult } from './receive-result.ts'
export { RecordManager } from './record-manager.ts'
export { isEquivocation } from './record-pipeline.ts'
export type { RecordView } from './record-view.ts'
export { replication } from './replication.ts'
export type { Replication, ReplicationOptions } from './replication.ts'
export type { RepublishOptions } from './republish-options.ts'
export type { RepublishQueueEntry } from './publication-queue.ts'
export type { ManagerStats } from '@recordkit/record-types'
