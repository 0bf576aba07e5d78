import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { record, text } from './records.ts'

test('open rejects with STORE_LOCKED while the database is open elsewhere, and succeeds after it is closed', async () => {
  const location = await mkdtemp(join(tmpdir(), 'recordkit-locked-'))
  try {
    const store = await LevelRecordStore.open(new ClassicLevel(location), { closeDatabase: true })
    await store.put(record('/k', 'v', 1))
    const second = new ClassicLevel(location)
    await expect(LevelRecordStore.open(second)).rejects.toMatchObject({
      name: 'RecordError',
      code: 'STORE_LOCKED',
      message: expect.stringContaining('already open') as string,
      cause: { code: 'LEVEL_DATABASE_NOT_OPEN' }
    })
    await store.close()
    const again = await LevelRecordStore.open(second, { closeDatabase: true })
    expect((await again.get(text('/k')))?.value).toEqual(text('v'))
    await again.close()
  } finally {
    await rm(location, { recursive: true, force: true })
  }
})
