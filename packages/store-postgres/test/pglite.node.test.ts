import { testBackend, testStore } from '@recordkit/record-conformance'
import { describe, test } from 'vitest'
import { PglitePool } from '@recordkit/testing/pglite-pool'
import { postgresFactories } from './postgres-factories.ts'

const { store, backend } = postgresFactories(
  'PostgresRecordStore on PGlite',
  () => PglitePool.shared(),
  { listen: false, pollInterval: 5 },
  // PGlite keeps everything in memory
  false
)

// `npm run postgres` runs the same on a server, with more entries
const manyEntries = 2003
testStore({ test, describe }, { ...store, manyEntries })
testBackend({ test, describe }, { ...backend, manyEntries })
