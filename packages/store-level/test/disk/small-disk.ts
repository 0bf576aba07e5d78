import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A file system of a fixed size. */
export interface SmallDisk {
  readonly folder: string
  resize(size: number): Promise<void>
  remove(): Promise<void>
}

/** Mounts a tmpfs of `size` bytes; returns the error of `mount` when that is not permitted. */
export async function mountSmallDisk(size: number): Promise<SmallDisk | { readonly refused: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'recordkit-disk-'))
  try {
    await execute('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  } catch (error) {
    await rm(folder, { recursive: true })
    return { refused: error instanceof Error ? error.message.trim() : String(error) }
  }
  return {
    folder,
    resize: async (bytes) => {
      await execute('mount', ['-o', `remount,size=${bytes}`, folder])
    },
    remove: async () => {
      await execute('umount', [folder])
      await rm(folder, { recursive: true })
    }
  }
}
