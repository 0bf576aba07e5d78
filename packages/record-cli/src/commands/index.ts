import type { Command } from '../command.ts'
import { inspectCommand } from './inspect-command.ts'
import { ipnsCommands } from './ipns-commands.ts'
import { keyCommands } from './key-commands.ts'
import { recordCommands } from './record-commands.ts'
import { serveCommand } from './serve-command.ts'
import { storeCommands } from './store-commands.ts'

/** Groups of commands with two words, and what they are for. */
export const groups: readonly (readonly [string, string])[] = [
  ['key', 'make, list, import, export and delete keys'],
  ['ipns', 'publish, resolve, make and verify IPNS names'],
  ['store', 'count, verify, repair, export, import and copy what is stored']
]

export const commands: readonly Command[] = [
  inspectCommand,
  ...keyCommands,
  ...ipnsCommands,
  ...recordCommands,
  ...storeCommands,
  serveCommand
]
