import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyPair, Passphrase } from '@recordkit/record-crypto'
import { KeyDirectory } from '@recordkit/record-crypto/key-files'
import { isRecordError, RecordError } from '@recordkit/record-types'
import { keyAlgorithms } from '@recordkit/record-inspect'
import type { CommandArguments } from './command-arguments.ts'
import type { CommandOption } from './command.ts'
import type { CommandIo } from './command-io.ts'
import { dataDirectory } from './data-directory.node.ts'
import { CommandError, exitStatus } from './failure.ts'
import { fileError } from './read-input.node.ts'
import { visible } from './output.ts'

/** Where passphrases come from. There is no option for the passphrase itself, which other users of the machine could read. */
export const passphraseOptions: Readonly<Record<'passphrase-file', CommandOption>> = {
  'passphrase-file': {
    type: 'text',
    describe: 'a file with the passphrase; else RECORDKIT_PASSPHRASE, else it is asked for',
    env: true
  }
}

/** The name of the key that is used when no other is named. */
export const defaultKeyName = 'default'

/** Opens the directory of keys. */
export async function openKeys(args: CommandArguments, io: CommandIo, passphrase?: Passphrase): Promise<KeyDirectory> {
  return KeyDirectory.open(join(await dataDirectory(args, io), 'keys'), { algorithms: keyAlgorithms, passphrase })
}

/** Loads a key. The passphrase of an encrypted key is read from the file, the environment or the terminal. */
export async function loadKey(name: string, args: CommandArguments, io: CommandIo): Promise<KeyPair> {
  try {
    return await (await openKeys(args, io)).load(name)
  } catch (error) {
    if (isRecordError(error, 'KEY_FILE_NOT_FOUND'))
      throw new CommandError(
        exitStatus.refused,
        error.code,
        `there is no key "${visible(name)}"; recordkit key generate ${visible(name)} makes one`,
        error
      )
    if (!isRecordError(error, 'PASSPHRASE_MISSING')) throw error
  }
  const passphrase = await readPassphrase(args, io, `Passphrase of the key ${visible(name)}: `)
  return (await openKeys(args, io, passphrase)).load(name)
}

/** The option and the environment variable of a passphrase. */
export interface PassphraseSource {
  readonly option: string
  readonly variable: string
}

const ownPassphrase: PassphraseSource = { option: 'passphrase-file', variable: 'RECORDKIT_PASSPHRASE' }

/** @throws RecordError `PASSPHRASE_MISSING` when there is no file, no variable and no terminal */
export async function readPassphrase(
  args: CommandArguments,
  io: CommandIo,
  question: string,
  { option, variable }: PassphraseSource = ownPassphrase
): Promise<string> {
  const file = args.optionalText(option)
  if (file !== undefined) {
    try {
      const text = (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
      if (text !== '') return text
    } catch (error) {
      throw fileError('read', file, error)
    }
    throw new RecordError('PASSPHRASE_MISSING', `the passphrase file ${visible(file)} is empty`)
  }
  const given = io.env[variable] ?? ''
  const passphrase = given === '' ? await io.askSecret(question) : given
  if (passphrase !== undefined && passphrase !== '') return passphrase
  throw new RecordError('PASSPHRASE_MISSING', `a passphrase is needed: pass --${option} FILE or set ${variable}`)
}

/** The passphrase of a new key with `--encrypt`, which is asked for twice; `undefined` without it. */
export async function newPassphrase(args: CommandArguments, io: CommandIo): Promise<string | undefined> {
  if (!args.flag('encrypt')) return undefined
  let asked = 0
  const counting: CommandIo = {
    ...io,
    askSecret: async (question) => {
      asked++
      return io.askSecret(question)
    }
  }
  const passphrase = await readPassphrase(args, counting, 'New passphrase: ')
  if (asked > 0 && (await io.askSecret('The same passphrase again: ')) !== passphrase)
    throw new CommandError(exitStatus.refused, 'PASSPHRASE_WRONG', 'the passphrases differ; no key was written')
  return passphrase
}
