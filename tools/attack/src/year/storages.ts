import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordStore } from '@recordkit/record-store'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { ClassicLevel } from 'classic-level'
import { MemoryLevel } from 'memory-level'
import type { DeviceStorage } from './device.ts'

/** A store in memory, which a restart keeps: a process that is stopped and started again. */
export function memoryStorage(): DeviceStorage {
  let store: RecordStore | undefined
  return {
    open: async ({ clock }) => (store ??= new MemoryRecordStore({ clock })),
    close: async () => undefined
  }
}

/** A Level store that is closed and opened for real. */
export function levelStorage(): DeviceStorage {
  const database = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' })
  return {
    open: ({ clock, setTimer }) => LevelRecordStore.open(database, { clock, setTimer }),
    close: (store) => store.close()
  }
}

/** Level stores on disk, below a folder that `remove` deletes. */
export async function diskStorages(): Promise<{
  readonly storage: (device: string) => DeviceStorage
  readonly remove: () => Promise<void>
}> {
  const folder = await mkdtemp(join(tmpdir(), 'recordkit-year-'))
  return {
    storage: (device) => ({
      open: ({ clock, setTimer }) =>
        LevelRecordStore.open(
          new ClassicLevel<Uint8Array, Uint8Array>(join(folder, device), {
            keyEncoding: 'view',
            valueEncoding: 'view'
          }),
          { clock, setTimer, closeDatabase: true }
        ),
      close: (store) => store.close()
    }),
    remove: () => rm(folder, { recursive: true, force: true })
  }
}
