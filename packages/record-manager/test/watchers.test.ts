import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RecordView } from '../src/record-view.ts'
import { Watchers } from '../src/watchers.ts'

const bytes = fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 4 }).map((list) => Uint8Array.from(list))

test('a record is told to those who watch its key or a beginning of it, once each, and to nobody who left', async () => {
  const watched = fc.oneof(
    bytes.map((key) => ({ key })),
    bytes.map((prefix) => ({ prefix }))
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ watched, leaves: fc.boolean() }), { maxLength: 20 }),
      bytes,
      async (all, key) => {
        const watchers = new Watchers()
        const opened = all.map((one) => ({ ...one, watcher: watchers.open(one.watched, undefined) }))
        for (const { watcher, leaves } of opened) {
          if (!leaves) continue
          watcher.leave()
          watcher.leave()
        }
        expect(watchers.size).toBe(opened.filter(({ leaves }) => !leaves).length)
        const record = { key } as RecordView
        watchers.tell(record)
        watchers.end()
        for (const { watcher, leaves, watched: what } of opened) {
          const concerned =
            'key' in what
              ? what.key.join() === key.join()
              : what.prefix.join() === key.slice(0, what.prefix.length).join()
          expect(await (leaves ? undefined : watcher.next())).toBe(concerned && !leaves ? record : undefined)
          if (!leaves) expect(await watcher.next()).toBe(undefined)
        }
      }
    )
  )
})
