export { createRecordHandler } from './record-handler.ts'
export type { FindPeers, PeerInfo, RecordHandler, RecordHandlerOptions, RequestSource } from './handler-options.ts'
