import { testBackend, testStore } from '@recordkit/record-conformance'
import { describe, test } from 'vitest'
import { backendFactory, storeFactory } from './databases.ts'

// `npm run browsers` runs the same in Firefox and WebKitGTK too, with durable writes and more entries
const manyEntries = 2003
testStore({ test, describe }, { ...storeFactory(), manyEntries })
testBackend({ test, describe }, { ...backendFactory(), manyEntries })
