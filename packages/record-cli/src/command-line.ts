import yargs from 'yargs'
import type { Argv } from 'yargs'
import { CommandArguments, standardInput } from './command-arguments.ts'
import type { CommandIo } from './command-io.ts'
import type { Command, CommandContext, CommandOption } from './command.ts'
import { commands, groups } from './commands/index.ts'
import { exitStatus, failureOf, usageError } from './failure.ts'
import { fieldsText, jsonLine, jsonText, styleOf } from './output.ts'
import { readVersion } from './version.node.ts'

/**
 * Runs one command line. It never throws: errors become one sentence on the standard error, and with `--json` an object on the standard
 * output.
 *
 * @param argv - the arguments, without the names of Node and the program
 * @returns the exit status: 0 success, 1 refused or not found, 2 wrong usage, 3 something could not be asked, read or written
 * @example
 * ```ts
 * process.exitCode = await runCommandLine(['inspect', 'record.ipns-record', '--json'], processIo())
 * ```
 */
export async function runCommandLine(argv: readonly string[], io: CommandIo): Promise<number> {
  const isJson = argv.includes('--json')
  const style = styleOf(io)
  const context: CommandContext = {
    ...io,
    style,
    json: isJson,
    print: async (object, text = fieldsText(object, style)) => io.write(isJson ? jsonText(object) : text),
    printLine: async (object, text) => io.write(isJson ? jsonLine(object) : `${text}\n`)
  }
  try {
    const { command, values, help } = await parse(argv, io)
    if (command === undefined) {
      await io.write(help.endsWith('\n') ? help : `${help}\n`)
      return exitStatus.success
    }
    const run = await command.load()
    return await run(new CommandArguments(values), context)
  } catch (error) {
    const { exit, code, message } = failureOf(error)
    io.note(`${style.bad('recordkit:')} ${message}`)
    if (isJson) await io.write(jsonText({ status: 'error', code, message }))
    return exit
  }
}

interface Parsed {
  /** `undefined` when help, the version or completions were asked for */
  readonly command?: Command | undefined
  readonly values: Readonly<Record<string, unknown>>
  readonly help: string
}

async function parse(argv: readonly string[], io: CommandIo): Promise<Parsed> {
  let selected: Command | undefined
  let values: Readonly<Record<string, unknown>> = {}
  const select = (command: Command) => (parsed: Readonly<Record<string, unknown>>) => {
    selected = command
    values = parsed
  }
  const parser = yargs()
    .scriptName('recordkit')
    .locale('en')
    .version(readVersion())
    .help()
    .completion('completion', 'print a script that completes commands in bash or zsh')
    .strict()
    .fail(false)
    .exitProcess(false)
    .wrap(100)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-positional-numbers': false
    })
    .demandCommand(1, 'a command is expected; see recordkit --help')
    .epilogue(
      'Exit status: 0 success, 1 refused or not found, 2 wrong usage, 3 something could not be asked, read or written.'
    )
  for (const command of commands.filter(({ name }) => !name.includes(' '))) addCommand(parser, command, io, select)
  for (const [group, summary] of groups) {
    parser.command(`${group} <command>`, summary, (nested) => {
      nested.demandCommand(1, `a command of ${group} is expected; see recordkit ${group} --help`)
      for (const command of commands.filter(({ name }) => name.startsWith(`${group} `)))
        addCommand(nested, command, io, select)
      return nested
    })
  }
  let help = ''
  try {
    await parser.parseAsync(
      argv.map((word) => (word === '-' ? standardInput : word)),
      {},
      (_error: unknown, _argv: unknown, output: string) => {
        help = output
      }
    )
  } catch (error) {
    throw usageError(error instanceof Error && error.message !== '' ? error.message : String(error))
  }
  return { command: help === '' ? selected : undefined, values, help }
}

function addCommand(
  parser: Argv,
  command: Command,
  { env }: CommandIo,
  select: (command: Command) => (values: Readonly<Record<string, unknown>>) => void
): void {
  const { positionals = [], options = {}, examples } = command
  const words = positionals.map(({ name, required }) => (required ? `<${name}>` : `[${name}]`))
  const last = command.name.split(' ').at(-1) ?? ''
  parser.command(
    [last, ...words].join(' '),
    command.summary,
    (nested) => {
      for (const { name, describe } of positionals) nested.positional(name, { describe, type: 'string' })
      for (const [name, option] of Object.entries({ ...options, ...commonOptions }))
        nested.option(name, yargsOption(name, option, env))
      for (const [line, does] of examples) nested.example(`recordkit ${line}`, does)
      return nested
    },
    select(command)
  )
}

const commonOptions: Readonly<Record<string, CommandOption>> = {
  json: { type: 'flag', describe: 'print one JSON object' }
}

/** The name of the environment variable of an option. */
function variableOf(name: string): string {
  return `RECORDKIT_${name.replaceAll('-', '_').toUpperCase()}`
}

function yargsOption(name: string, option: CommandOption, env: CommandIo['env']): Record<string, unknown> {
  const types = { text: 'string', number: 'number', flag: 'boolean', list: 'string' } as const
  const variable = variableOf(name)
  const given = option.env === true ? env[variable] : undefined
  const standard = given === undefined || given === '' ? option.default : fromEnvironment(variable, given, option)
  return {
    type: types[option.type],
    describe: option.env === true ? `${option.describe} [${variable}]` : option.describe,
    ...(option.type === 'list' ? { array: true, nargs: 1 } : { requiresArg: option.type !== 'flag' }),
    ...(option.choices === undefined ? {} : { choices: option.choices }),
    ...(standard === undefined ? {} : { default: standard })
  }
}

/** @throws RecordError `INVALID_ARGUMENT` naming the variable */
function fromEnvironment(name: string, text: string, { type }: CommandOption): string | number | boolean | string[] {
  if (type === 'list') return text.split(/[\s,]+/).filter((part) => part !== '')
  if (type === 'number') {
    if (Number.isFinite(Number(text))) return Number(text)
    throw usageError(`${name} is "${text}"; a number is expected`)
  }
  if (type === 'text') return text
  if (/^(?:1|true|yes)$/i.test(text)) return true
  if (/^(?:0|false|no)$/i.test(text)) return false
  throw usageError(`${name} is "${text}"; true or false is expected`)
}
