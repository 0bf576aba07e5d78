import type { RecordStore } from '@recordkit/record-store'
import { createStore } from '@recordkit/record-store'
import { mapKey } from '@recordkit/record-types/internal'
import { describe, expect, test } from 'vitest'
import type { StoreFactory } from '../src/index.ts'
import { faultyBackend, formatReports, runStore, storeCases, testStore } from '../src/index.ts'
import vectors from '@recordkit/vectors/rules/value-store-cases.json' with { type: 'json' }
import { MapBackend } from './map-backend.ts'

const backends = new WeakMap<RecordStore, MapBackend>()

const factory: StoreFactory = {
  name: 'guardStore on a map',
  capabilities: new MapBackend().capabilities,
  open: (setting) => open(new MapBackend(), setting),
  reopen: (store, setting) => open(new MapBackend(backends.get(store)?.kept), setting),
  share: (store, setting) => open(new MapBackend(backends.get(store)?.kept), setting),
  openMarksBounded: (setting, { maxMarks }) => open(new MapBackend(new Map(), maxMarks), setting),
  openFaulty: (setting) => {
    const { backend, fail } = faultyBackend(new MapBackend())
    return { store: createStore(backend, setting), fail }
  },
  corrupt: (store, key) => {
    backends.get(store)?.kept.set(mapKey(key), { corrupt: new Error('damaged on purpose') })
  }
}

function open(backend: MapBackend, setting: Parameters<StoreFactory['open']>[0]): RecordStore {
  const store = createStore(backend, setting)
  backends.set(store, backend)
  return store
}

testStore({ test, describe }, factory)

describe('the kit', () => {
  test('has a distinct, stable id for every case', () => {
    const ids = storeCases.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z]+\/[a-z0-9-]+$/)
  })

  test('passes a sound store, and says what was skipped and why', async () => {
    const report = await runStore(factory)
    expect(report.results.filter(({ status }) => status === 'failed')).toEqual([])
    const skipped = report.results.filter(({ status }) => status === 'skipped')
    expect(new Set(skipped.map(({ reason }) => reason))).toEqual(new Set(['the factory has no `openBounded`']))
    const table = formatReports([report])
    for (const { id } of storeCases) expect(table).toContain(`\`${id}\``)
  })
})

/** Cases of Go's value store that are about something else than a store of records. */
const notAboutStores = new Map([
  ['TestValueStorePutStampsReceiveTime', 'the manager stamps the time; a store keeps what it is given'],
  ['TestValueStorePutValidation', 'a store asks no validator'],
  [
    'TestValueStoreGetDiscardsBadRecords/key mismatch',
    'Go keeps the key inside the value; store-level binds both by a checksum, see its tests'
  ],
  ['TestValueStoreGetDiscardsBadRecords/corrupt', 'a read reports STORE_CORRUPT instead of deleting: corruption/read'],
  ['TestValueStoreGetNoReceiveTime', 'timeReceived is required: arguments/record'],
  ['TestValueStorePutOverwritesBadExisting/invalid', 'a store asks no validator'],
  ['TestValueStoreDiscardToleratesDeleteFailure', 'a read never deletes here'],
  ['TestValueStorePutSelectError', 'a store asks no validator; ranks always compare'],
  ['TestValueDsKeyNamespaced', "the datastore layout has its own vectors, see store-level's import and export"],
  ['TestValueStoreGCLeavesProviderRecords', 'a store has its keyspace to itself'],
  ['TestValueStoreGCScopesToNamespaces', 'a store has its keyspace to itself'],
  ['TestValueStoreGCDisabled', 'nothing sweeps but `sweep`'],
  ['TestValueStoreGCWholeStoreLeavesNonOwnEntries', 'a store has its keyspace to itself']
])

/** Titles of the kit's cases name the vector they come from. */
const inCases = new Map([
  ['TestValueStorePutSelect/better replaces worse', 'go/select'],
  ['TestValueStorePutSelect/worse rejected', 'go/select'],
  ['TestValueStorePutSelect/equal replaces', 'go/select-equal'],
  ['boundary (from source: time.Since > maxAge)', 'go/expiry'],
  ['TestValueStorePutOverwritesBadExisting/corrupt', 'go/corrupt'],
  ['TestValueStoreGCKeepsFresh', 'go/sweep'],
  ['TestValueStoreCloseWithoutGC / CloseIdempotentAfterStartGC', 'go/close-twice']
])

test("has every case of Go's value store, or says why not", () => {
  const ids = new Set(storeCases.map(({ id }) => id))
  for (const { id } of vectors.cases) {
    if (notAboutStores.has(id)) continue
    const own = inCases.get(id)
    const found =
      own === undefined
        ? storeCases.some(({ title }) => title.includes(id.replace('TestValueStoreGC', 'GC')) || title.includes(id))
        : ids.has(own)
    expect(found, id).toBe(true)
  }
})
