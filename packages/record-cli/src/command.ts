import type { CommandArguments } from './command-arguments.ts'
import type { CommandIo } from './command-io.ts'
import type { ExitStatus } from './failure.ts'
import type { JsonObject, Style } from './output.ts'

/** An option of a command. */
export interface CommandOption {
  readonly type: 'text' | 'number' | 'flag' | 'list'
  readonly describe: string
  readonly choices?: readonly string[] | undefined
  readonly default?: string | number | boolean | undefined
  /** whether the environment variable `RECORDKIT_…` of its name is its default */
  readonly env?: boolean | undefined
}

/** An argument without a name. */
export interface CommandPositional {
  readonly name: string
  readonly describe: string
  readonly required: boolean
}

/** A command, without its code: that is loaded when the command runs. */
export interface Command {
  /** one or two words, such as `key list` */
  readonly name: string
  readonly summary: string
  readonly positionals?: readonly CommandPositional[] | undefined
  readonly options?: Readonly<Record<string, CommandOption>> | undefined
  /** command lines with what they do */
  readonly examples: readonly (readonly [string, string])[]
  readonly load: () => Promise<CommandCode>
}

/** Runs a command. @returns its exit status @throws any error, which becomes one sentence */
export type CommandCode = (args: CommandArguments, context: CommandContext) => Promise<ExitStatus>

/** What a command uses beside its arguments. */
export interface CommandContext extends CommandIo {
  readonly style: Style
  /** whether the output is JSON */
  readonly json: boolean
  /** prints the one object of the command: as JSON, or as `text`, by default its fields */
  print(object: JsonObject, text?: string): Promise<void>
  /** prints one object of several: a line of JSON, or a line of text */
  printLine(object: JsonObject, text: string): Promise<void>
}
