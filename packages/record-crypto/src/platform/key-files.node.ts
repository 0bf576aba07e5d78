import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RecordError } from '@recordkit/record-types'
import type { KeyFileSystem } from './platform.ts'

export const keyFiles: KeyFileSystem = /* @__PURE__ */ Object.freeze<KeyFileSystem>({
  async read(file, limit) {
    const path = pathOf(file)
    return attempt(`read ${path}`, async () => {
      const handle = await open(path, 'r')
      try {
        const bytes = new Uint8Array(limit + 1)
        let length = 0
        for (let read = 1; read > 0 && length < bytes.length; length += read)
          ({ bytesRead: read } = await handle.read(bytes, length, bytes.length - length))
        const { mode } = await handle.stat()
        // oxlint-disable-next-line no-restricted-globals -- an import of node:process opens the standard streams, in 4 ms
        return { bytes: bytes.slice(0, length), mode: process.platform === 'win32' ? undefined : mode & 0o777 }
      } finally {
        await handle.close()
      }
    })
  },

  async write(file, text, { replace }) {
    const path = pathOf(file)
    await attempt(`write ${path}`, async () => {
      const temporary = join(dirname(path), `.${randomBytes(8).toString('hex')}.key.tmp`)
      try {
        await writeNew(temporary, text)
        if (replace) await rename(temporary, path)
        else await moveNew(temporary, path)
      } finally {
        // it is gone unless something failed
        await unlink(temporary).catch(() => undefined)
      }
      await syncDirectory(dirname(path))
    })
  },

  async rename(from, to) {
    await attempt(`rename ${from} to ${to}`, async () => {
      await moveNew(from, to)
      await syncDirectory(dirname(to))
    })
  },

  async remove(path) {
    await attempt(`remove ${path}`, async () => {
      await unlink(path)
      await syncDirectory(dirname(path))
    })
  },

  async makeDirectory(directory) {
    const path = pathOf(directory)
    await attempt(`make the directory ${path}`, async () => mkdir(path, { recursive: true, mode: 0o700 }))
  },

  async list(directory) {
    const path = pathOf(directory)
    return attempt(`list ${path}`, async () => readdir(path))
  },

  join: (directory, name) => join(pathOf(directory), name)
})

function pathOf(file: string | URL): string {
  return typeof file === 'string' ? file : fileURLToPath(file)
}

/** Writes a file that must not exist. It is on the disk when this resolves. */
async function writeNew(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Gives a file another name, unless there is a file with that name. */
async function moveNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (!withoutLinks.has(codeOf(error))) throw error
    // a file system without hard links, such as FAT: an empty file reserves the name
    const handle = await open(to, 'wx', 0o600)
    await handle.close()
    await rename(from, to)
    return
  }
  await unlink(from)
}

const withoutLinks: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK'
])

/** The name of a new file survives a power failure only when its directory was written. */
async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open directories
  const handle = await open(path, 'r').catch(() => undefined)
  if (handle === undefined) return
  try {
    await handle.sync().catch(() => undefined)
  } finally {
    await handle.close()
  }
}

async function attempt<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    const code = codeOf(cause)
    // a file is written in its directory
    const isMissing = code === 'ENOENT' && !what.startsWith('write')
    const known = isMissing ? 'KEY_FILE_NOT_FOUND' : code === 'EEXIST' ? 'KEY_FILE_EXISTS' : 'KEY_FILE_IO'
    throw new RecordError(known, `cannot ${what}: ${isMissing ? 'it does not exist' : (explanations[code] ?? code)}`, {
      cause
    })
  }
}

const explanations: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist (ENOENT)',
  EEXIST: 'it exists already',
  ENOSPC: 'the disk is full (ENOSPC)',
  EACCES: 'permission denied (EACCES)',
  EROFS: 'the file system is read-only (EROFS)',
  EISDIR: 'it is a directory (EISDIR)',
  ENOTDIR: 'a part of the path is not a directory (ENOTDIR)'
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown } | undefined)?.code ?? error)
}
