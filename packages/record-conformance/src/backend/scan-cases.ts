import { compareBytes, equalBytes } from '@recordkit/record-types'
import { check, same } from '../assert.ts'
import { manyEntries, publicationOf, record, text } from '../store/store-case.ts'
import { keyOf, must, scanAll, withRecord, writeAll } from './backend-case.ts'
import { kinds, numbered, fullContent, markOf, scannedKeys } from './backend-content.ts'
import type { BackendCase } from './backend-case.ts'

/** Scans. */
export const scanCases: readonly BackendCase[] = /* @__PURE__ */ (() => [
  must(
    'backend/scan-many',
    'scans many keys in order, in both directions and from any key',
    async ({ open, factory }) => {
      const count = factory.manyEntries ?? manyEntries
      const backend = await open()
      // 7919 has no common divisor with the number of keys
      const order = Array.from({ length: count }, (_, index) => (index * 7919) % count)
      await writeAll(
        backend,
        order.map((index) => {
          const key = numbered(index)
          return [key, { record: record(key, 'v', 1), ...markOf(key), publication: publicationOf(key) }]
        })
      )
      for (const kind of kinds) {
        for (const [range, from, to, directions] of [
          [{}, 0, count, [false, true]],
          [{ start: numbered(3), end: numbered(count - 7) }, 3, count - 7, [false, true]],
          [{ start: numbered(count >> 1) }, count >> 1, count, [true]],
          [{ limit: count }, 0, count, [false]]
        ] as const) {
          for (const reverse of directions) {
            let index = reverse ? to - 1 : from
            for await (const entry of backend.scan(kind, { ...range, reverse })) {
              const expected = numbered(index)
              const key = keyOf(entry)
              check(
                compareBytes(key, expected) === 0,
                `scan of ${kind}: a key is ${new TextDecoder().decode(key)}; expected ${new TextDecoder().decode(expected)}`
              )
              index += reverse ? -1 : 1
            }
            same(index, reverse ? from - 1 : to, `position at the end of a scan of ${kind}`)
          }
        }
      }
    }
  ),
  must('backend/scan-pages', 'ends a scan at its bounds whatever the number of keys', async ({ open }) => {
    const backend = await open()
    // around the sizes of pages that backends use
    for (const count of [1, 2, 15, 16, 17, 63, 64, 65, 99, 100, 101, 127, 128, 129, 255, 256, 257, 999, 1000, 1001]) {
      const before = (await scanAll(backend, 'records')).length
      await writeAll(
        backend,
        Array.from({ length: count - before }, (_, index) => withRecord(numbered(before + index), 'v'))
      )
      for (const reverse of [false, true]) {
        const found = await scanAll(backend, 'records', { reverse })
        same(found.length, count, `entries of a scan${reverse ? ' in reverse' : ''}`)
        same(new Set(found.map((entry) => keyOf(entry).join())).size, count, 'distinct keys')
      }
    }
  }),
  must(
    'backend/scan-writes',
    'returns keys that stay exactly once while others change during a scan',
    async ({ open }) => {
      for (const reverse of [false, true]) {
        const backend = await open()
        const count = 3000
        await writeAll(
          backend,
          Array.from({ length: count }, (_, index) => withRecord(numbered(index), 'v'))
        )
        const seen: string[] = []
        for await (const entry of backend.scan('records', { reverse })) {
          const key = keyOf(entry).slice()
          seen.push(new TextDecoder().decode(key))
          const step = seen.length
          check(step <= 2 * count, `a scan of ${count} keys does not end after ${2 * count}`)
          // remove the key itself, replace the next one, and add keys on both sides
          if (step % 100 !== 0 || step > count) continue
          const next = numbered((step * 7) % count)
          const replaced = equalBytes(next, key) ? text('/a/0') : next
          await writeAll(backend, [
            [key, {}],
            withRecord(replaced, 'w', 2),
            withRecord(text(`/a/${step}`), 'new'),
            withRecord(text(`/z/${step}`), 'new')
          ])
        }
        const left = new Set(await scannedKeys(backend, 'records', { start: text('/k/'), end: text('/k0') }))
        const seenOnce = new Set(seen)
        same(seenOnce.size, seen.length, 'distinct keys')
        for (const key of left) check(seenOnce.has(key), `the key ${key} stayed and was not returned`)
      }
    }
  ),
  must(
    'backend/scan-kinds',
    'lists entries by what they contain: also marks and publications alone',
    async ({ open }) => {
      const backend = await open()
      const [both, mark, publication, stored] = ['/both', '/mark', '/publication', '/record'].map(text) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array
      ]
      await writeAll(backend, [
        [both, fullContent(both)],
        [mark, markOf(mark)],
        [publication, { publication: publicationOf(publication) }],
        withRecord(stored, 'v', 1, { expires: 1n })
      ])
      same(await scannedKeys(backend, 'records'), ['/both', '/record'], 'records')
      same(await scannedKeys(backend, 'marks'), ['/both', '/mark'], 'marks')
      same(await scannedKeys(backend, 'publications'), ['/both', '/publication'], 'publications')
      // a part that is removed is not listed any more
      await writeAll(backend, [
        [both, { record: fullContent(both).record }],
        [publication, markOf(publication)]
      ])
      same(await scannedKeys(backend, 'marks'), ['/mark', '/publication'], 'marks afterwards')
      same(await scannedKeys(backend, 'publications'), [], 'publications afterwards')
    }
  )
])()
