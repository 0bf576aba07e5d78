import type { EntryContent } from '@recordkit/record-store'
import { same } from '../assert.ts'
import { publicationOf, text } from '../store/store-case.ts'
import { must, withRecord, writeAll } from './backend-case.ts'
import { latest, markOf, dueKeys } from './backend-content.ts'
import type { BackendCase } from './backend-case.ts'

/** Entries that are due. */
export const dueCases: readonly BackendCase[] = /* @__PURE__ */ (() => [
  must('backend/due', 'reports what is due, earliest first, with unsigned times', async ({ open }) => {
    const backend = await open()
    const entry = (name: string, expires: bigint | undefined): readonly [Uint8Array, EntryContent] =>
      withRecord(text(name), 'v', 1, { expires })
    await writeAll(backend, [
      entry('/c', 300n),
      entry('/a', 100n),
      entry('/none', undefined),
      entry('/latest', latest),
      entry('/high', 2n ** 63n),
      [text('/b'), markOf(text('/b'), 200n)],
      [text('/p'), { publication: publicationOf(text('/p'), { published: 1n, lifetime: 1n }) }]
    ])
    same(await dueKeys(backend, 100n, 10), [], 'due at 100')
    same(await dueKeys(backend, 101n, 10), ['/a'], 'due at 101')
    same(await dueKeys(backend, 301n, 10), ['/a', '/b', '/c'], 'due at 301')
    same(await dueKeys(backend, 301n, 2), ['/a', '/b'], 'due at 301, limited to 2')
    same(await dueKeys(backend, 2n ** 63n, 10), ['/a', '/b', '/c'], 'due at 2^63')
    same(await dueKeys(backend, 2n ** 63n + 1n, 10), ['/a', '/b', '/c', '/high'], 'due after 2^63')
    same(await dueKeys(backend, latest, 10), ['/a', '/b', '/c', '/high'], 'due at 2^64 - 1')
  }),
  must('backend/due-moved', 'reports an entry by its current times', async ({ open }) => {
    const backend = await open()
    const key = text('/k')
    const withExpiry = (expires: bigint | undefined): EntryContent => withRecord(key, 'v', 1, { expires })[1]
    for (const [content, now, due] of [
      [withExpiry(100n), 101n, true],
      [withExpiry(200n), 101n, false],
      [withExpiry(200n), 201n, true],
      [withExpiry(50n), 101n, true],
      [withExpiry(undefined), latest, false],
      [markOf(key, 100n), 101n, true],
      [markOf(key, 300n), 101n, false],
      [{ ...withExpiry(500n), ...markOf(key, 300n) }, 301n, true],
      [{ ...withExpiry(300n), ...markOf(key, 500n) }, 301n, true],
      [{ ...withExpiry(500n), ...markOf(key, 500n) }, 301n, false],
      [{ publication: publicationOf(key) }, latest, false],
      [{ ...withExpiry(100n), publication: publicationOf(key) }, latest, false],
      [{ ...withExpiry(100n), ...markOf(key, 300n), publication: publicationOf(key) }, 300n, false],
      [{ ...withExpiry(100n), ...markOf(key, 300n), publication: publicationOf(key) }, 301n, true],
      [withExpiry(100n), 101n, true],
      [{}, latest, false]
    ] as const) {
      await writeAll(backend, [[key, content]])
      const found = await dueKeys(backend, now, 10)
      same(found.includes('/k'), due, `whether the entry is due at ${now}`)
    }
  })
])()
