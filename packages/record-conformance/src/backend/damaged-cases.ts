import { check, same } from '../assert.ts'
import { text } from '../store/store-case.ts'
import { changesTo, must, readOne, scanAll, withRecord, writeAll } from './backend-case.ts'
import { checkContent } from './backend-content.ts'
import type { BackendCase } from './backend-case.ts'

/** Entries that are damaged, or of a newer version. */
export const damagedCases: readonly BackendCase[] = /* @__PURE__ */ (() => [
  must(
    'backend/version-damaged',
    'compares the version of a damaged entry',
    async ({ open, factory }) => {
      const backend = await open()
      const key = text('/k')
      await writeAll(backend, [withRecord(key, 'first', 1)])
      await factory.corrupt?.(backend, key)
      const [change] = await changesTo(backend, [withRecord(key, 'low', 2)])
      check(change?.previous.corrupt !== undefined, 'a damaged entry is not reported as corrupt')
      await writeAll(backend, [withRecord(key, 'high', 3)])
      same(await backend.write([change]), false, 'write with the version of the damaged entry')
      await checkContent(backend, key, withRecord(key, 'high', 3)[1], 'entry')
    },
    ['corruption']
  ),
  must(
    'backend/damaged',
    'reports damaged entries in reads and scans, and the other entries too',
    async ({ open, factory }) => {
      const backend = await open()
      const keys = ['/a', '/b', '/c'].map(text)
      await writeAll(
        backend,
        keys.map((key) => withRecord(key, 'v'))
      )
      await factory.corrupt?.(backend, text('/b'))
      const read = await backend.read(keys)
      same(
        read.map(({ corrupt }) => corrupt !== undefined),
        [false, true, false],
        'corrupt entries of a read'
      )
      const scanned = await scanAll(backend, 'records')
      same(
        scanned.map(({ corrupt }) => corrupt !== undefined),
        [false, true, false],
        'corrupt entries of a scan'
      )
    },
    ['corruption']
  ),
  must(
    'backend/quarantine',
    'keeps every damaged entry that is replaced in quarantine',
    async ({ open, factory }) => {
      const backend = await open()
      const key = text('/k')
      await writeAll(backend, [withRecord(key, 'first', 1)])
      for (const round of [1, 2, 3]) {
        await factory.corrupt?.(backend, key)
        await writeAll(backend, [withRecord(key, `round ${round}`, round)])
        same(await factory.quarantined?.(backend), round, 'entries in quarantine')
      }
    },
    ['corruption', 'quarantine']
  ),
  must(
    'backend/newer',
    'reports an entry of a newer format as newer, not as corrupt',
    async ({ open, factory }) => {
      const backend = await open()
      const key = text('/k')
      await factory.writeNewer?.(backend, key)
      const entry = await readOne(backend, key)
      same(entry.newer?.code, 'STORE_NEWER_FORMAT', 'code of the entry')
      same(entry.corrupt, undefined, 'corrupt')
      check(entry.version !== undefined, 'an entry of a newer format has no version')
    },
    ['newer']
  )
])()
