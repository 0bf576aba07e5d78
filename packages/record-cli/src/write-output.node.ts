import { randomBytes } from 'node:crypto'
import { link, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CommandError, exitStatus } from './failure.ts'
import { fileError } from './read-input.node.ts'
import { visible } from './output.ts'

/** Options of {@link writeFile}. */
export interface WriteOptions {
  /** replace an existing file. @default false */
  readonly replace?: boolean | undefined
  /** @default 0o644 */
  readonly mode?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Writes a file as a whole: what is interrupted or fails leaves no file, or the one before.
 *
 * @returns number of bytes
 * @throws CommandError when it exists or cannot be written; the error of `chunks`; the reason of the signal
 */
export async function writeFile(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { replace = false, mode = 0o644, signal }: WriteOptions = {}
): Promise<number> {
  const temporary = join(dirname(path), `.${randomBytes(8).toString('hex')}.recordkit.tmp`)
  const written = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw fileError('write', path, error)
    }
  }
  const file = await written(open(temporary, 'wx', mode))
  let size = 0
  try {
    try {
      for await (const chunk of chunks) {
        signal?.throwIfAborted()
        await written(file.writeFile(chunk))
        size += chunk.length
      }
      await written(file.sync())
    } finally {
      await file.close()
    }
    if (replace) await written(rename(temporary, path))
    else await written(link(temporary, path)).catch((error: unknown) => moveNew(temporary, path, error))
  } finally {
    // it is gone after a rename
    await unlink(temporary).catch(() => undefined)
  }
  return size
}

/** For a file system without hard links. */
async function moveNew(from: string, to: string, error: unknown): Promise<void> {
  const code = error instanceof CommandError ? error.code : ''
  if (code === 'EEXIST')
    throw new CommandError(exitStatus.refused, 'EEXIST', `${visible(to)} exists; pass --force to replace it`)
  if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error
  const reserved = await open(to, 'wx').catch((failure: unknown) => {
    throw fileError('write', to, failure)
  })
  await reserved.close()
  await rename(from, to)
}
