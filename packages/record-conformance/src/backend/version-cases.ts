import type { EntryContent } from '@recordkit/record-store'
import { check, same } from '../assert.ts'
import { publicationOf, record, startTime, text } from '../store/store-case.ts'
import { changesTo, copyEntry, must, readOne, withRecord, writeAll } from './backend-case.ts'
import { numbered, markOf, checkContent } from './backend-content.ts'
import type { BackendCase } from './backend-case.ts'

/** Writes that compare versions. */
export const versionCases: readonly BackendCase[] = /* @__PURE__ */ (() => [
  must('backend/version', 'compares the version of a change with the entry as it is now', async ({ open }) => {
    const backend = await open()
    const key = text('/k')
    await writeAll(backend, [withRecord(key, 'one', 1)])
    const [old] = await changesTo(backend, [withRecord(key, 'old', 3)])
    check(old !== undefined, 'there is no change')
    await writeAll(backend, [withRecord(key, 'two', 2)])
    same(await backend.write([old]), false, 'write with an old version')
    await checkContent(backend, key, withRecord(key, 'two', 2)[1], 'entry')
    same(await backend.write([{ ...old, previous: await readOne(backend, key) }]), true, 'write with the new version')
  }),
  must('backend/version-same-rank', 'compares more than rank and value of an entry', async ({ open }) => {
    const backend = await open()
    const key = text('/k')
    const stored = record(key, 'v', 1)
    const contents: readonly EntryContent[] = [
      { record: stored },
      { record: { ...stored, timeReceived: startTime + 1n } },
      { record: { ...stored, expires: startTime + 1n } },
      { record: stored, ...markOf(key) },
      { record: stored, ...markOf(key, startTime + 1n) },
      { record: stored, publication: publicationOf(key) },
      { record: stored, publication: publicationOf(key, { network: false }) }
    ]
    for (const [from, first] of contents.entries()) {
      for (const [to, second] of contents.entries()) {
        if (from === to) continue
        await writeAll(backend, [[key, first]])
        const [old] = await changesTo(backend, [withRecord(key, 'old', 3)])
        check(old !== undefined, 'there is no change')
        await writeAll(backend, [[key, second]])
        same(await backend.write([old]), false, `write with the version of content ${from} over content ${to}`)
        await checkContent(backend, key, second, `content ${to}`)
      }
    }
  }),
  must('backend/version-absent', 'compares the version of an absent entry', async ({ open }) => {
    const backend = await open()
    const key = text('/k')
    const [create] = await changesTo(backend, [withRecord(key, 'first', 1)])
    check(create !== undefined, 'there is no change')
    await writeAll(backend, [withRecord(key, 'second', 2)])
    same(await backend.write([create]), false, 'write of a change of an absent entry')
    await checkContent(backend, key, withRecord(key, 'second', 2)[1], 'entry')
    // and an entry that was read, and is absent now
    const [replace] = await changesTo(backend, [withRecord(key, 'third', 3)])
    check(replace !== undefined, 'there is no change')
    await writeAll(backend, [[key, {}]])
    same(await backend.write([replace]), false, 'write of a change of a removed entry')
    await checkContent(backend, key, {}, 'entry afterwards')
  }),
  must(
    'backend/version-mark',
    'compares the version of an entry that has a mark or a publication only',
    async ({ open }) => {
      const backend = await open()
      const key = text('/k')
      for (const content of [markOf(key), { publication: publicationOf(key) }]) {
        await writeAll(backend, [[key, {}]])
        const [create] = await changesTo(backend, [withRecord(key, 'first', 1)])
        check(create !== undefined, 'there is no change')
        await writeAll(backend, [[key, content]])
        same(await backend.write([create]), false, 'write of a change of an absent entry')
        const [replace] = await changesTo(backend, [withRecord(key, 'first', 1)])
        check(replace !== undefined, 'there is no change')
        await writeAll(backend, [withRecord(key, 'second', 2)])
        same(await backend.write([replace]), false, 'write of a change of an entry without record')
        await checkContent(backend, key, withRecord(key, 'second', 2)[1], 'entry')
      }
    }
  ),
  must(
    'backend/all-or-nothing',
    'applies all of 1,200 changes, or none when one version differs, wherever it is',
    async ({ open }) => {
      const backend = await open()
      const keys = Array.from({ length: 1200 }, (_, index) => numbered(index))
      await writeAll(
        backend,
        keys.map((key) => withRecord(key, 'one', 1))
      )
      for (const changed of [0, 1, 600, 1199]) {
        const changes = await changesTo(
          backend,
          keys.map((key) => withRecord(key, 'two', 2))
        )
        const other = keys[changed] as Uint8Array
        await writeAll(backend, [withRecord(other, 'other', 3)])
        same(await backend.write(changes), false, `write with another version of change ${changed}`)
        const values = (await backend.read(keys)).map((entry) => entry.record?.value)
        for (const [index, value] of values.entries())
          same(value, text(index === changed ? 'other' : 'one'), `value of key ${index} after a refused write`)
        await writeAll(backend, [withRecord(other, 'one', 1)])
      }
      same(
        await backend.write(
          await changesTo(
            backend,
            keys.map((key) => withRecord(key, 'two', 2))
          )
        ),
        true,
        'write'
      )
      for (const entry of await backend.read(keys)) same(entry.record?.value, text('two'), 'value after the write')
      const { entries } = await backend.stats()
      same(entries, 1200, 'entries')
    },
    ['atomicBatch']
  ),
  must(
    'backend/concurrent-shared',
    'applies exactly one of 32 concurrent writes with the same version, through two backends',
    async ({ open, share }) => {
      const one = await open()
      const two = await share(one)
      const key = text('/k')
      for (const first of [{}, withRecord(key, 'first', 1)[1]]) {
        await writeAll(one, [[key, first]])
        const entries = [copyEntry(await readOne(one, key)), copyEntry(await readOne(two, key))] as const
        const results = await Promise.all(
          Array.from({ length: 32 }, async (_, index) =>
            (index % 2 === 0 ? one : two).write([
              { key, previous: entries[index % 2 === 0 ? 0 : 1], next: withRecord(key, `writer ${index}`, 2)[1] }
            ])
          )
        )
        same(results.filter(Boolean).length, 1, 'writes that were applied')
        same((await readOne(two, key)).record?.value, text(`writer ${results.indexOf(true)}`), 'value')
      }
    },
    ['multiProcess', 'share']
  )
])()
