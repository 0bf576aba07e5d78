import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ClassicLevel } from 'classic-level'
import { MemoryLevel } from 'memory-level'
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
      message:
        'the database is open in another process or tab, or by another object of this one; close it there, or pass the option `wait`',
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

test('open rejects with STORE_LOCKED while another process has the database open, and waits for it with `wait`', async () => {
  const location = await mkdtemp(join(tmpdir(), 'recordkit-locked-'))
  const program = fileURLToPath(new URL('lock/holder.ts', import.meta.url))
  const holder = spawn(process.execPath, [program, location], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(holder, 'exit')
  try {
    await once(holder.stdout, 'data')
    const database = new ClassicLevel(location)
    const locked = { name: 'RecordError', code: 'STORE_LOCKED', message: expect.stringContaining('process') as string }
    await expect(LevelRecordStore.open(database)).rejects.toMatchObject(locked)
    // the timers of the store end the wait
    const delays: number[] = []
    const setTimer = (run: () => void, delay: number): (() => void) => {
      delays.push(delay)
      queueMicrotask(run)
      return () => {}
    }
    await expect(LevelRecordStore.open(database, { wait: 5000, setTimer })).rejects.toMatchObject(locked)
    expect(delays[0]).toBe(5000)
    const opening = LevelRecordStore.open(database, { wait: 60_000, closeDatabase: true })
    holder.stdin.end()
    const store = await opening
    expect((await store.get(text('/k')))?.value).toEqual(text('of the other process'))
    await store.close()
  } finally {
    holder.stdin.end()
    await exited
    await rm(location, { recursive: true, force: true })
  }
})

test('open rejects a `wait` that is not a number of milliseconds', async () => {
  for (const wait of [-1, Number.NaN, '5' as unknown as number]) {
    await expect(LevelRecordStore.open(new MemoryLevel(), { wait })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('wait') as string
    })
  }
})
