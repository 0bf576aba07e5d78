// oxlint-disable-next-line import/no-unassigned-import -- it sets the globals of a browser
import 'fake-indexeddb/auto'
import { testStore } from '@recordkit/record-conformance'
import { describe, test } from 'vitest'
import { storeFactory } from './databases.ts'

// fake-indexeddb shows mistakes where there is no browser; the browsers decide
testStore({ test, describe }, { ...storeFactory(), name: 'IndexedDbRecordStore on fake-indexeddb', manyEntries: 2003 })
