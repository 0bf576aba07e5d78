import { createReadStream } from 'node:fs'
import { bytesFromBase64, bytesFromHex } from '@recordkit/record-inspect'
import { ByteQueue, takeUntilAborted } from '@recordkit/record-types/internal'
import type { CommandArguments } from './command-arguments.ts'
import type { CommandIo } from './command-io.ts'
import { CommandError, exitStatus, usageError } from './failure.ts'
import { visible } from './output.ts'

/** The chunks of a file, or of the standard input for `-` and without a name. @throws CommandError when it cannot be read */
export async function* inputChunks(file: string | undefined, io: CommandIo): AsyncGenerator<Uint8Array> {
  const isStandardInput = file === undefined || file === '-'
  if (isStandardInput && io.isInputTerminal)
    throw usageError('there is nothing to read; pass a file, or - with input from a pipe')
  try {
    const stream: AsyncIterable<Uint8Array> = isStandardInput ? io.input : createReadStream(file)
    // a pipe may stay open without data
    yield* takeUntilAborted(stream, io.signal)
    io.signal.throwIfAborted()
  } catch (error) {
    throw io.signal.aborted ? (io.signal.reason as Error) : fileError('read', file ?? 'the standard input', error)
  }
}

/** All bytes of an input. @throws CommandError when there are more than `limit` */
export async function readInput(file: string | undefined, io: CommandIo, limit: number): Promise<Uint8Array> {
  const bytes = new ByteQueue()
  for await (const chunk of inputChunks(file, io)) {
    bytes.push(chunk)
    if (bytes.length > limit)
      throw new CommandError(exitStatus.refused, 'TOO_LARGE', `the input is larger than ${limit} bytes`)
  }
  return bytes.takeAll()
}

/** The bytes of an input, decoded as `--hex` and `--base64` say. @throws RecordError `INVALID_ARGUMENT` */
export function decodeInput(bytes: Uint8Array, args: CommandArguments): Uint8Array {
  const [isHex, isBase64] = [args.flag('hex'), args.flag('base64')]
  if (isHex && isBase64) throw usageError('--hex and --base64 exclude each other')
  if (!isHex && !isBase64) return bytes
  const text = new TextDecoder().decode(bytes)
  return isHex ? bytesFromHex(text) : bytesFromBase64(text)
}

/** An error of the file system as a sentence. */
export function fileError(what: 'read' | 'write', file: string, error: unknown): CommandError {
  if (error instanceof CommandError) return error
  const { code = 'EIO' } = (error ?? {}) as { readonly code?: string }
  const reason = reasons[code] ?? code
  return new CommandError(exitStatus.failed, code, `cannot ${what} ${visible(file)}: ${reason}`, error)
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EEXIST: 'it exists already',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a directory',
  ENAMETOOLONG: 'its name is too long',
  ERR_INVALID_ARG_VALUE: 'its name contains a zero byte'
}
