import { testStore } from '@recordkit/record-conformance'
import { createStore } from '@recordkit/record-store'
import { describe, test } from 'vitest'
import { MapBackend } from '../src/7-own-store.ts'

const { capabilities } = new MapBackend()
testStore({ test, describe }, { name: 'Map', capabilities, open: (setting) => createStore(new MapBackend(), setting) })
