import { testBackend, testStore } from '@recordkit/record-conformance'
import { describe, test } from 'vitest'
import { backendFactory, storeFactory } from './databases.ts'

// `npm run browsers` runs the same in Firefox and WebKitGTK, and with durable writes
testStore({ test, describe }, storeFactory())
testBackend({ test, describe }, backendFactory())
