import { testBackend } from '@recordkit/record-conformance'
import { describe, test } from 'vitest'
import { backendFactory } from './databases.ts'

// `npm run browsers` runs this with more entries, and the cases of stores with and without durable writes, in three browsers; the cases of
// stores run in Node on fake-indexeddb
testBackend({ test, describe }, { ...backendFactory(), manyEntries: 2003 })
