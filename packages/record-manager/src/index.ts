export { AccessLists } from './access/access-lists.ts'
export type { ListStorage, ListSubject } from './access/access-lists.ts'
export { PeerAccess } from './access/peer-access.ts'
export type { PeerAccessOptions } from './access/peer-access.ts'
export { Reputation } from './access/reputation.ts'
export type { ReputationOptions } from './access/reputation.ts'
export { TokenBuckets } from './access/token-buckets.ts'
export type { NoTokens, TokenBucketOptions } from './access/token-buckets.ts'
export { exportRecords, importRecords } from './archive.ts'
export type { Equivocation, Outcome } from './outcome.ts'
export { managedNetwork } from './managed-network.ts'
export type { ManagedNetworkOptions, ManagerNetwork } from './managed-network.ts'
export { RecordManager } from './record-manager.ts'
export type {
  GetOptions,
  ManagerStats,
  PublishOptions,
  PutOptions,
  PutReport,
  ReceiveOptions,
  RecordManagerParts,
  WatchOptions
} from './manager-options.ts'
export type { RecordView } from './record-view.ts'
export { ManagerEvents } from './events.ts'
export type { ManagerEventDetails } from './events.ts'
export type { NetworkReadsOptions } from './network-reads.ts'
export { isEquivocation } from './record-path.ts'
export type { RepublishOptions, RepublishStatus } from './republisher.ts'
export { logEvents } from './log-events.ts'
export type { EventLogger } from './log-events.ts'
export type { ManagerProgress, ProgressOptions } from './progress.ts'
