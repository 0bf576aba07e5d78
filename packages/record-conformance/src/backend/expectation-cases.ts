import type { StoreBackend, StoreEntry } from '@recordkit/record-store'
import { check, same } from '../assert.ts'
import { text } from '../store/store-case.ts'
import { changesTo, contentOf, copyEntry, must, withRecord, writeAll } from './backend-case.ts'
import { markOf } from './backend-content.ts'
import type { BackendCase } from './backend-case.ts'

/** Writes that return what is there, and expected entries. */
export const expectationCases: readonly BackendCase[] = /* @__PURE__ */ (() => [
  must(
    'backend/write-or-read',
    'returns what the keys contain where it refuses a write, with versions that a write accepts',
    async ({ open, share }) => {
      const backend = await open()
      const other = await share(backend)
      const keys = ['/absent', '/changed', '/created', '/removed', '/same'].map(text)
      const [, changed, created, removed, unchanged] = keys as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array
      ]
      await writeAll(
        backend,
        [changed, removed, unchanged].map((key) => withRecord(key, 'one', 1))
      )
      const changes = await changesTo(
        backend,
        keys.map((key) => withRecord(key, 'three', 3))
      )
      await writeAll(other, [withRecord(changed, 'two', 2), withRecord(created, 'two', 2), [removed, {}]])
      const written = await backend.writeOrRead?.(changes)
      check(written !== undefined && written !== true, 'a write over other versions was not refused')
      const entries = written === false ? await backend.read(keys) : written
      same(
        entries.map(({ record: stored }) => stored?.value),
        [undefined, 'two', 'two', undefined, 'one'].map((value) => (value === undefined ? undefined : text(value))),
        'values'
      )
      const again = changes.map((change, index) => ({ ...change, previous: copyEntry(entries[index] as StoreEntry) }))
      same(await backend.writeOrRead?.(again), true, 'write with the versions that were returned')
      for (const entry of await other.read(keys)) same(entry.record?.value, text('three'), 'value')
    },
    ['share', 'atomicBatch', 'expectations']
  ),
  must(
    'backend/expect',
    'expects entries as they were, and never with the version of others',
    async ({ open, share }) => {
      const backend = await open()
      const other = await share(backend)
      const expected = (of: StoreBackend, key: Uint8Array): StoreEntry => copyEntry(of.expect?.([key])[0] ?? {})
      const key = text('/k')
      same(contentOf(expected(backend, key)), {}, 'expected of a key without an entry')
      for (const [round, content] of [
        withRecord(key, 'one', 1)[1],
        markOf(key),
        {},
        withRecord(key, 'two', 2)[1]
      ].entries()) {
        await writeAll(round % 2 === 0 ? other : backend, [[key, content]])
        for (const each of [backend, other]) {
          const previous = expected(each, key)
          const isWritten = await each.writeOrRead?.([{ key, previous, next: content }])
          if (isWritten === true)
            same(contentOf(previous), contentOf(content), 'expected entry whose version is accepted')
          else if (typeof isWritten === 'object')
            same(contentOf(isWritten[0] ?? {}), contentOf(content), 'entry that is returned')
          const [entry] = await each.read([key])
          same(contentOf(entry ?? {}), contentOf(content), 'entry')
        }
      }
      same(backend.expect?.(['/a', '/k', '/b'].map(text)).length, 3, 'expected entries of three keys')
    },
    ['share', 'expectations']
  )
])()
