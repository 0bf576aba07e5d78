import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommandLine } from '@recordkit/record-cli'
import type { CommandIo } from '@recordkit/record-cli'
import { onTestFinished } from 'vitest'

export interface Ran {
  readonly status: number
  /** the standard output */
  readonly output: string
  readonly bytes: Uint8Array
  /** the standard error */
  readonly notes: string
  /** the output as JSON */
  json<T = Record<string, unknown>>(): T
}

export interface RunOptions extends Partial<Pick<CommandIo, 'isTerminal' | 'isInputTerminal' | 'env' | 'signal'>> {
  readonly input?: Uint8Array | string | AsyncIterable<Uint8Array>
  readonly secrets?: readonly string[]
  /** called with each line of the output */
  readonly onOutput?: (text: string) => void
}

/** A directory that is deleted when the test ends. */
export function temporaryDirectory(): string {
  const folder = mkdtempSync(join(tmpdir(), 'recordkit-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs a command line in this process. */
export async function runCommand(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { input = '', secrets = [], onOutput, ...terminal } = options
  const chunks: Uint8Array[] = []
  const answers = [...secrets]
  let notes = ''
  const bytesOf = (text: string | Uint8Array): Uint8Array =>
    typeof text === 'string' ? new TextEncoder().encode(text) : text
  async function* read(given: Uint8Array | string): AsyncGenerator<Uint8Array> {
    yield bytesOf(given)
  }
  const status = await runCommandLine(argv, {
    input: typeof input === 'object' && Symbol.asyncIterator in input ? input : read(input),
    isInputTerminal: false,
    isTerminal: false,
    async write(output) {
      chunks.push(bytesOf(output))
      onOutput?.(typeof output === 'string' ? output : '')
    },
    note: (line) => void (notes += `${line}\n`),
    askSecret: async () => answers.shift(),
    env: {},
    signal: new AbortController().signal,
    ...terminal
  })
  const bytes = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]))
  const output = new TextDecoder().decode(bytes)
  return { status, output, bytes, notes, json: () => JSON.parse(output) as never }
}
