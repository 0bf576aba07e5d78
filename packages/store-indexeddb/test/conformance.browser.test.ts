import { testBackend, testStore } from '@recordkit/record-conformance'
import { describe, test } from 'vitest'
import { backendFactory, storeFactory } from './databases.ts'

testStore({ test, describe }, storeFactory())
testStore({ test, describe }, { ...storeFactory({ durable: true }), name: 'IndexedDbRecordStore, durable' })
testBackend({ test, describe }, backendFactory())
