export type { Equivocation, Outcome } from './outcome.ts'
export { RecordManager } from './record-manager.ts'
export type { GetOptions, PutOptions, PutReport, ReceiveOptions, RecordManagerParts } from './record-manager.ts'
export type { RecordView } from './record-view.ts'
