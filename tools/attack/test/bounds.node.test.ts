import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { subjects } from '../src/bounds/subjects.ts'

const page = readFileSync(new URL('../../../docs/bounds.md', import.meta.url), 'utf8')
/** Those that take longest are filled by `npm run bounds` only. */
const slow = new Set([
  'store-memory-200',
  'store-memory-marks',
  'provider-cache-8',
  'lookup-cache-65536',
  'watchers',
  'inbound-limits',
  'record-senders',
  'work-budget'
])

describe.each(subjects.filter(({ id }) => !slow.has(id)))('$title', ({ fill }) => {
  test('does not exceed its bound when it is filled', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'recordkit-bounds-'))
    try {
      const { count, limit, close } = await fill(0.002, folder)
      await close?.()
      expect(count).toBeGreaterThan(0)
      expect(count).toBeLessThanOrEqual(limit)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

test('docs/bounds.md contains a row for everything that is bounded, with its bound', () => {
  const missing = subjects.filter(
    ({ id, bound }) => !page.split('\n').some((line) => line.includes(`\`${id}\``) && line.includes(`| ${bound} |`))
  )
  expect(missing.map(({ id }) => id)).toEqual([])
})
