import { accountCases } from './account-cases.ts'
import type { BackendCase } from './backend-case.ts'
import { entryCases } from './entry-cases.ts'
import { versionCases } from './version-cases.ts'
import { expectationCases } from './expectation-cases.ts'
import { damagedCases } from './damaged-cases.ts'
import { scanCases } from './scan-cases.ts'
import { dueCases } from './due-cases.ts'

/** The rules for every `StoreBackend`. */
export const backendCases: readonly BackendCase[] = /* @__PURE__ */ (() => [
  ...accountCases,
  ...entryCases,
  ...versionCases,
  ...expectationCases,
  ...damagedCases,
  ...scanCases,
  ...dueCases
])()
