import type { CommandOption } from '../command.ts'

/** Options of commands that read bytes. */
export const inputOptions: Readonly<Record<string, CommandOption>> = {
  hex: { type: 'flag', describe: 'the input is hexadecimal text' },
  base64: { type: 'flag', describe: 'the input is base64 text' }
}
