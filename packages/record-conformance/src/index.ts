export { check, collect, rejects, rejectsWith, same } from './assert.ts'
export { formatReports } from './report.ts'
export type { CaseLevel, CaseResult, ConformanceCase, ConformanceReport, TestRunner } from './suite.ts'
export type {
  FaultyStore,
  StoreBounds,
  StoreCase,
  StoreContext,
  StoreFactory,
  StoreRequirement,
  StoreSetting,
  TestClock
} from './store/store-case.ts'
export { faultyBackend } from './store/faulty-backend.ts'
export type { FaultyBackend } from './store/faulty-backend.ts'
export { storeCases } from './store/store-cases.ts'
export { runStore, testStore } from './store/test-store.ts'
