export type { AccessControl, CheckSenderOptions, RateLimiter } from './access.ts'
export { compareBytes, copyBytes, equalBytes } from './bytes.ts'
export { limits, maxClockSkew } from './constants.ts'
export { isRefusal } from './engine.ts'
export type { RecordEngine, VerifyOptions } from './engine.ts'
export { isRecordError, RecordError } from './errors.ts'
export type {
  CodecErrorCode,
  CryptoErrorCode,
  KeyFileErrorCode,
  KnownErrorCode,
  ManagerErrorCode,
  RecordErrorCode,
  RecordErrorFields,
  RefusalCode,
  RoutingErrorCode,
  StoreErrorCode
} from './errors.ts'
export type {
  Algorithm,
  AlgorithmVerifyOptions,
  KeyBook,
  KeyType,
  PeerId,
  PrivateKey,
  PublicKey,
  Signer
} from './keys.ts'
export {
  counterDefinitions,
  durationBuckets,
  gaugeDefinitions,
  histogramDefinitions,
  prometheusName
} from './metric-definitions.ts'
export type { GaugeDefinition, MetricDefinition } from './metric-definitions.ts'
export type { CounterLabels, HistogramLabels, ManagerStats, MetricAttributes, RecordMetrics } from './metrics.ts'
export type {
  AuthorPolicy,
  KnownSignatures,
  Namespace,
  NamespaceLimitOptions,
  NamespaceLimits,
  NamespaceOptions,
  RecordDraft,
  SealContext,
  UnverifiedRecord,
  SignatureVerdict,
  SignatureVerdicts,
  ValidationContext,
  VerifiedRecord,
  TypedContent
} from './namespace.ts'
export type { NetworkGetOptions, NetworkPutOptions, NetworkRecord, RecordNetwork } from './network.ts'
export type { PubsubReceiver, PubsubSubscription, RecordPubsub } from './pubsub.ts'
export type {
  Provider,
  PutReceipt,
  RecordRouting,
  ReplicationReceipt,
  Eclipse,
  RoutingAck,
  RoutingAnswer,
  RoutingFindProvidersOptions,
  RoutingGetOptions,
  RoutingPutOptions
} from './routing.ts'
export { dateFromTime, systemClock, systemTimer, timeFromDate } from './time.ts'
export type { AbortOptions, Clock, MaybePromise, SetTimer } from './time.ts'
export type { Accept, Refusal, Verdict } from './verdict.ts'
