import { argumentCases } from './argument-cases.ts'
import { batchCases } from './batch-cases.ts'
import { boundsCases } from './bounds-cases.ts'
import { bytesCases } from './bytes-cases.ts'
import { conditionCases } from './condition-cases.ts'
import { coordinationCases } from './coordination-cases.ts'
import { damageCases } from './damage-cases.ts'
import { expiryCases } from './expiry-cases.ts'
import { goCases } from './go-cases.ts'
import { iterateCases } from './iterate-cases.ts'
import { lifeCases } from './life-cases.ts'
import { markCases } from './mark-cases.ts'
import { rankCases } from './rank-cases.ts'
import { publicationCases } from './publication-cases.ts'
import { readCases } from './read-cases.ts'
import { sharedCases } from './shared-cases.ts'
import type { StoreCase } from './store-case.ts'
import { cases } from './store-case.ts'

/** The rules for every store. */
export const storeCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  ...bytesCases,
  ...readCases,
  ...rankCases,
  ...conditionCases,
  ...publicationCases,
  ...batchCases,
  ...markCases,
  ...expiryCases,
  ...iterateCases,
  ...lifeCases,
  ...coordinationCases,
  ...argumentCases,
  ...sharedCases,
  ...damageCases,
  ...boundsCases,
  ...goCases
])
