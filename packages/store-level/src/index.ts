export { LevelRecordStore } from './level-record-store.ts'
export type { LevelRecordStoreOptions } from './level-record-store.ts'
export type { LevelDatabase } from './level-database.ts'
export type { CheckReport, EntryProblem } from './level-check.ts'
