import type { StoreBackend } from '@recordkit/record-store'
import { mapKey } from '@recordkit/record-types/internal'
import { describe, expect, test } from 'vitest'
import type { BackendFactory } from '../src/index.ts'
import { backendCases, formatReports, runBackend, testBackend } from '../src/index.ts'
import { backendFlaws } from './broken/backend-flaws.ts'
import { CountingBackend } from './broken/accounted-backend.ts'
import { damaged, fromNewerVersion, MapBackend } from './map-backend.ts'

/** A factory of map backends, with every optional method. */
function factoryOf(name: string, change: (backend: MapBackend) => void = () => {}): BackendFactory {
  const make = (backend = new CountingBackend()): MapBackend => {
    change(backend)
    return backend
  }
  const dataOf = (backend: StoreBackend): MapBackend['data'] => (backend as MapBackend).data
  return {
    name,
    capabilities: new MapBackend().capabilities,
    create: () => make(),
    share: (backend) => make(new CountingBackend(dataOf(backend))),
    reopen: (backend) => make(new CountingBackend(dataOf(backend))),
    accounts: true,
    expectations: true,
    corrupt: (backend, key) => void dataOf(backend).set(mapKey(key), damaged(key)),
    writeNewer: (backend, key) => void dataOf(backend).set(mapKey(key), fromNewerVersion(key)),
    quarantined: (backend) => (backend as MapBackend).quarantine.length
  }
}

testBackend({ test, describe }, factoryOf('a backend on a map'))

describe('the conformance kit', () => {
  test('has a distinct id of a fixed form for every backend case', () => {
    const ids = backendCases.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^(backend|accounts)\/[a-z0-9-]+$/)
  })

  test('skips the backend cases that need what the factory lacks, and says why', async () => {
    const { name, create, capabilities } = factoryOf('a backend on a map')
    const report = await runBackend({ name, create, capabilities, manyEntries: 2003 })
    const skipped = report.results.filter(({ status }) => status === 'skipped')
    expect(new Set(skipped.map(({ reason }) => reason))).toEqual(
      new Set([
        ...['share', 'corrupt', 'writeNewer', 'reopen'].map((method) => `the factory has no \`${method}\``),
        'the factory does not declare `accounts`'
      ])
    )
    expect(formatReports([report])).toContain('`backend/scan-many`')
  })

  for (const [name, { fails, change }] of Object.entries(backendFlaws)) {
    test(`fails the case ${fails} for a backend that ${name}`, async () => {
      const named = backendCases.filter(({ id }) => id === fails)
      expect(named).toHaveLength(1)
      const { results } = await runBackend(factoryOf(name, change), named)
      expect(results.map(({ id, status }) => [id, status])).toEqual([[fails, 'failed']])
    })
  }

  test('contains no backend case that every broken backend passes', () => {
    const failing = new Set(Object.values(backendFlaws).map(({ fails }) => fails))
    expect(backendCases.map(({ id }) => id).filter((id) => !failing.has(id))).toEqual([])
  })
})
