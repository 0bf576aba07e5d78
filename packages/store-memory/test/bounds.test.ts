import type { StoredRecord } from '@recordkit/record-store'
import { collect } from '@recordkit/record-conformance/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryRecordStore } from '../src/index.ts'
import { bytes, publicationOf, record, second } from './records.ts'

const limits = {
  maxRecords: 12,
  maxBytes: 600,
  maxMarks: 9,
  maxRecordsPerNamespace: 7,
  maxRecordsPerAuthor: 4,
  maxRecordsPerGroup: 6
}

const step = fc.record({
  type: fc.constantFrom('put', 'put', 'put', 'put', 'delete', 'wait', 'sweep'),
  key: fc.nat({ max: 30 }),
  namespace: fc.constantFrom('a', 'b'),
  from: fc.constantFrom(undefined, 's', 't'),
  by: fc.constantFrom(undefined, 'x', 'y', 'z'),
  isPublished: fc.constantFrom(true, false, false),
  size: fc.nat({ max: 60 }),
  rank: fc.nat({ max: 5 }),
  lifetime: fc.option(fc.nat({ max: 20 }), { nil: undefined })
})

function text(part: Uint8Array | undefined): string | undefined {
  return part === undefined ? undefined : new TextDecoder().decode(part)
}

/** The number of records with the most frequent name. */
function highestCount(records: readonly StoredRecord[], nameOf: (record: StoredRecord) => string | undefined): number {
  const counts = new Map<string, number>()
  for (const each of records) {
    const name = nameOf(each)
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return Math.max(0, ...counts.values())
}

test('a memory store never exceeds its bounds, keeps published records and counts correctly, after any operations', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 150, size: 'max' }), async (steps) => {
      let now = 100n * second
      const store = new MemoryRecordStore({
        ...limits,
        clock: () => now
      })
      const published = new Map<string, bigint | undefined>()
      for (const { type, key, namespace, from, by, isPublished, size, rank, lifetime } of steps) {
        const name = `/${namespace}/${key}`
        if (type === 'wait') now += BigInt(size % 10)
        else if (type === 'sweep') await store.sweep({ limit: size % 4 })
        else if (type === 'delete') {
          if (await store.delete(bytes(name))) published.delete(name)
        } else {
          const incoming = record(name, {
            ...(from === undefined ? {} : { from }),
            ...(by === undefined ? {} : { by }),
            ...(lifetime === undefined ? {} : { expires: now + BigInt(lifetime) }),
            order: rank,
            value: new Uint8Array(size)
          })
          const { status } = await store.put(incoming, isPublished ? publicationOf(incoming.key) : {})
          // a publication stays when another record replaces the one that it was put with
          if ((status === 'stored' || status === 'refreshed') && (isPublished || published.has(name)))
            published.set(name, (await store.get(incoming.key))?.expires)
          if (status === 'stored') expect((await store.get(incoming.key))?.value).toHaveLength(size)
        }
        const stats = await store.stats()
        expect(stats.entries).toBeLessThanOrEqual(limits.maxRecords)
        expect(stats.bytes).toBeLessThanOrEqual(limits.maxBytes)
        const marks = (await collect(store.marks())).filter(({ key: own }) => !published.has(text(own) ?? ''))
        expect(marks.length).toBeLessThanOrEqual(limits.maxMarks)
        const stored = await collect(store.iterate())
        const counted = stored.filter(({ key: own }) => !published.has(text(own) ?? ''))
        expect(highestCount(counted, ({ key: own }) => text(own)?.slice(0, 3))).toBeLessThanOrEqual(
          limits.maxRecordsPerNamespace
        )
        expect(highestCount(counted, ({ author }) => text(author))).toBeLessThanOrEqual(limits.maxRecordsPerAuthor)
        const keys = new Set(stored.map(({ key: own }) => text(own)))
        for (const [own, expires] of published) if (expires === undefined || now <= expires) expect(keys).toContain(own)
      }
      // after a sweep the statistics match the contents
      await store.sweep()
      const stored = await collect(store.iterate({ expired: true }))
      expect(await store.stats()).toEqual({
        entries: stored.length,
        bytes: stored.reduce((sum, { key, rank, value }) => sum + key.length + rank.length + value.length, 0),
        marks: (await collect(store.marks())).length,
        publications: (await collect(store.publications())).length
      })
      for (const { key } of stored) await store.delete(key)
      expect(await store.stats()).toMatchObject({ entries: 0, bytes: 0 })
    }),
    { numRuns: 50 }
  )
})
