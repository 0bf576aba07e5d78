export { formatReports } from './report.ts'
export type { CaseLevel, CaseResult, ConformanceCase, ConformanceReport, TestRunner } from './suite.ts'
export type {
  Fault,
  FaultyStore,
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
export type { BackendCase, BackendContext, BackendFactory, BackendRequirement } from './backend/backend-case.ts'
export { backendCases } from './backend/backend-cases.ts'
export { runBackend, testBackend } from './backend/test-backend.ts'
export type {
  NamespaceCase,
  NamespaceFactory,
  NamespaceRequirement,
  NamespaceSample
} from './namespace/namespace-case.ts'
export { namespaceCases } from './namespace/namespace-cases.ts'
export { runNamespace, testNamespace } from './namespace/test-namespace.ts'
export type { RoutingCase, RoutingContext, RoutingFactory, RoutingRequirement } from './routing/routing-case.ts'
export { routingCases } from './routing/routing-cases.ts'
export { runRouting, testRouting } from './routing/test-routing.ts'
export { flushMicrotasks, FakeTimers } from './fake-timers.ts'
