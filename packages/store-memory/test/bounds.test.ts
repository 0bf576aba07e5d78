import type { StoredRecord } from '@recordkit/record-store'
import { collect } from '@recordkit/record-conformance'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryRecordStore, perAuthor, perNamespace, perSender } from '../src/index.ts'
import { bytes, record, second } from './records.ts'

const most = { maxRecords: 12, maxBytes: 300, maxMarks: 9, namespace: 7, author: 4, sender: 6 }

const step = fc.record({
  what: fc.constantFrom('put', 'put', 'put', 'put', 'delete', 'wait', 'sweep'),
  key: fc.nat({ max: 30 }),
  namespace: fc.constantFrom('a', 'b'),
  from: fc.constantFrom(undefined, 's', 't'),
  by: fc.constantFrom(undefined, 'x', 'y', 'z'),
  local: fc.constantFrom(true, false, false),
  size: fc.nat({ max: 60 }),
  rank: fc.nat({ max: 5 }),
  lives: fc.option(fc.nat({ max: 20 }), { nil: undefined })
})

function countOf(records: readonly StoredRecord[], nameOf: (record: StoredRecord) => string | undefined): number {
  const counts = new Map<string, number>()
  for (const each of records) {
    const name = nameOf(each)
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return Math.max(0, ...counts.values())
}

test('whatever comes and goes: every bound holds, local records stay, and what is counted is what is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 150, size: 'max' }), async (steps) => {
      let now = 100n * second
      const store = new MemoryRecordStore({
        ...most,
        quotas: [perNamespace(most.namespace), perAuthor(most.author), perSender(most.sender)],
        clock: () => now
      })
      const local = new Map<string, bigint | undefined>()
      for (const { what, key, namespace, from, by, local: isLocal, size, rank, lives } of steps) {
        const name = `/${namespace}/${key}`
        if (what === 'wait') now += BigInt(size % 10)
        else if (what === 'sweep') await store.sweep({ limit: size % 4 })
        else if (what === 'delete') {
          if (await store.delete(bytes(name))) local.delete(name)
        } else {
          const given = record(name, {
            ...(from === undefined ? {} : { from }),
            ...(by === undefined ? {} : { by }),
            ...(isLocal ? { local: true } : {}),
            ...(lives === undefined ? {} : { expires: now + BigInt(lives) }),
            rank: Uint8Array.of(rank),
            value: new Uint8Array(size)
          })
          const { status } = await store.put(given)
          if (status === 'stored' && !isLocal) local.delete(name)
          if ((status === 'stored' || status === 'refreshed') && (isLocal || local.has(name)))
            local.set(name, (await store.get(given.key))?.expires)
          if (status === 'stored') expect((await store.get(given.key))?.value).toHaveLength(size)
        }
        const stats = await store.stats()
        expect(stats.entries).toBeLessThanOrEqual(most.maxRecords)
        expect(stats.bytes).toBeLessThanOrEqual(most.maxBytes)
        expect(stats.marks).toBeLessThanOrEqual(most.maxMarks)
        const held = await collect(store.iterate())
        const text = (part: Uint8Array | undefined): string | undefined =>
          part === undefined ? undefined : new TextDecoder().decode(part)
        expect(countOf(held, ({ key: own }) => text(own)?.slice(0, 3))).toBeLessThanOrEqual(most.namespace)
        expect(countOf(held, ({ author }) => text(author))).toBeLessThanOrEqual(most.author)
        expect(
          countOf(held, ({ sender, local: own }) => (own === true ? undefined : text(sender)))
        ).toBeLessThanOrEqual(most.sender)
        const keys = new Set(held.map(({ key: own }) => text(own)))
        for (const [own, expires] of local) if (expires === undefined || now <= expires) expect(keys).toContain(own)
      }
      // swept, what is counted is what is there
      await store.sweep()
      const held = await collect(store.iterate())
      expect(await store.stats()).toEqual({
        entries: held.length,
        bytes: held.reduce((sum, { key, rank, value }) => sum + key.length + rank.length + value.length, 0),
        marks: (await collect(store.marks())).length
      })
      for (const { key } of held) await store.delete(key)
      expect(await store.stats()).toMatchObject({ entries: 0, bytes: 0 })
    }),
    { numRuns: 50 }
  )
})
