import type { Command } from '../command.ts'
import { inspectCommand } from './inspect-command.ts'
import { keyCommands } from './key-commands.ts'

/** Groups of commands with two words, and what they are for. */
export const groups: readonly (readonly [string, string])[] = [['key', 'make, list, import, export and delete keys']]

export const commands: readonly Command[] = [inspectCommand, ...keyCommands]
