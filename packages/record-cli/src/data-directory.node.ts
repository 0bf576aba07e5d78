import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import type { CommandArguments } from './command-arguments.ts'
import type { CommandOption } from './command.ts'
import type { CommandIo } from './command-io.ts'
import { usageError } from './failure.ts'
import { visible } from './output.ts'
import { fileError } from './read-input.node.ts'

/** Where keys and records are kept. */
export const dataOption: Readonly<Record<'data', CommandOption>> = {
  data: { type: 'text', describe: 'the directory of keys and records, by default that of the platform', env: true }
}

/** The directory of `--data`, else that of the platform for the data of programs. It is made when it does not exist. */
export async function dataDirectory(args: CommandArguments, { env }: Pick<CommandIo, 'env'>): Promise<string> {
  const path = resolve(args.optionalText('data') ?? standardDirectory(env))
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'EEXIST')
      throw usageError(`--data is "${visible(path)}", which is a file; a directory is expected`)
    throw fileError('write', path, error)
  }
  return path
}

/** @see XDG Base Directory Specification */
function standardDirectory(env: CommandIo['env']): string {
  const home = homedir()
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support', 'recordkit')
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'recordkit')
  const base = env['XDG_DATA_HOME'] ?? ''
  return join(base.startsWith('/') ? base : join(home, '.local', 'share'), 'recordkit')
}
