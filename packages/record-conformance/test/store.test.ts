import type { RecordStore } from '@recordkit/record-store'
import { createStore } from '@recordkit/record-store'
import { mapKey } from '@recordkit/record-types/internal'
import { describe, expect, test } from 'vitest'
import type { StoreFactory } from '../src/index.ts'
import { faultyBackend, formatReports, runStore, storeCases, testStore } from '../src/index.ts'
import vectors from '@recordkit/vectors/rules/value-store-cases.json' with { type: 'json' }
import { damaged, MapBackend } from './map-backend.ts'

const backends = new WeakMap<RecordStore, MapBackend>()

const factory: StoreFactory = {
  name: 'createStore on a map',
  capabilities: new MapBackend().capabilities,
  open: (setting) => open(new MapBackend(), setting),
  reopen: (store, setting) => open(new MapBackend(backends.get(store)?.data), setting),
  share: (store, setting) => open(new MapBackend(backends.get(store)?.data), setting),
  sharedChanges: true,
  sharedLeases: true,
  openFaulty: (setting) => {
    const { backend, fail } = faultyBackend(new MapBackend())
    return { store: createStore(backend, setting), fail }
  },
  corrupt: (store, key) => {
    backends.get(store)?.data.set(mapKey(key), damaged(key))
  }
}

function open(backend: MapBackend, setting: Parameters<StoreFactory['open']>[0]): RecordStore {
  const store = createStore(backend, setting)
  backends.set(store, backend)
  return store
}

testStore({ test, describe }, factory)

describe('the conformance kit', () => {
  test('has a distinct id of a fixed form for every store case', () => {
    const ids = storeCases.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z]+\/[a-z0-9-]+$/)
  })

  test('passes a correct store, and reports which cases were skipped and why', async () => {
    const { reopen: _, ...others } = factory
    const report = await runStore({ ...others, manyEntries: 2003 })
    expect(report.results.filter(({ status }) => status === 'failed')).toEqual([])
    const skipped = report.results.filter(({ status }) => status === 'skipped')
    expect(new Set(skipped.map(({ reason }) => reason))).toEqual(new Set(['the factory has no `reopen`']))
    const table = formatReports([report])
    for (const { id } of storeCases) expect(table).toContain(`\`${id}\``)
  })
})

/** Test cases of Go's value store that do not apply to this store contract, and why. */
const notApplicable = new Map([
  ['TestValueStorePutStampsReceiveTime', 'the manager sets the time; a store keeps the given one'],
  ['TestValueStorePutValidation', 'a store does not validate'],
  [
    'TestValueStoreGetDiscardsBadRecords/key mismatch',
    'Go stores the key in the value; store-level binds both by a checksum, see its tests'
  ],
  ['TestValueStoreGetDiscardsBadRecords/corrupt', 'a read reports STORE_CORRUPT instead of deleting: corruption/read'],
  ['TestValueStoreGetNoReceiveTime', 'timeReceived is required: arguments/record'],
  ['TestValueStorePutOverwritesBadExisting/invalid', 'a store does not validate'],
  ['TestValueStoreDiscardToleratesDeleteFailure', 'a read never deletes here'],
  ['TestValueStorePutSelectError', 'a store does not validate; ranks can always be compared'],
  ['TestValueDsKeyNamespaced', 'the datastore layout has vectors of its own, see import and export of store-level'],
  ['TestValueStoreGCLeavesProviderRecords', 'a store does not share its keyspace'],
  ['TestValueStoreGCScopesToNamespaces', 'a store does not share its keyspace'],
  ['TestValueStoreGCDisabled', 'a store does not sweep by itself'],
  ['TestValueStoreGCWholeStoreLeavesNonOwnEntries', 'a store does not share its keyspace']
])

/** The cases of the kit for Go test cases that are not part of their titles. */
const caseIds = new Map([
  ['TestValueStorePutSelect/better replaces worse', 'go/select'],
  ['TestValueStorePutSelect/worse rejected', 'go/select'],
  ['TestValueStorePutSelect/equal replaces', 'go/select-equal'],
  ['boundary (from source: time.Since > maxAge)', 'go/expiry'],
  ['TestValueStorePutOverwritesBadExisting/corrupt', 'go/corrupt'],
  ['TestValueStoreGCKeepsFresh', 'go/sweep'],
  ['TestValueStoreCloseWithoutGC / CloseIdempotentAfterStartGC', 'go/close-twice']
])

test("the conformance kit contains every test case of Go's value store, or a reason why not", () => {
  const ids = new Set(storeCases.map(({ id }) => id))
  for (const { id } of vectors.cases) {
    if (notApplicable.has(id)) continue
    const caseId = caseIds.get(id)
    const found =
      caseId === undefined
        ? storeCases.some(({ title }) => title.includes(id.replace('TestValueStoreGC', 'GC')) || title.includes(id))
        : ids.has(caseId)
    expect(found, id).toBe(true)
  }
})
