import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { hex } from './bytes.ts'

/** The arguments of an operation, by kind; ../README.md lists the operations. */
export interface Call {
  readonly bytes?: Record<string, Uint8Array>
  readonly numbers?: Record<string, bigint>
  readonly texts?: Record<string, string>
  readonly flags?: Record<string, boolean>
  readonly lists?: Record<string, readonly string[]>
}

export type Answer = Record<string, unknown>

/** A text field of an answer. @throws OperationFailed when it is missing */
export function textOf(answer: Answer, name: string): string {
  const text = answer[name]
  if (typeof text !== 'string') throw new OperationFailed(`the answer has no ${name}`)
  return text
}

/** The operation ran and refused the bytes. */
export class OperationRefused extends Error {}
/** The implementation does not support the operation; the message is the reason. */
export class OperationUnsupported extends Error {}
/** The operation ended with neither an answer nor a verdict. */
export class OperationFailed extends Error {}

/** Another implementation of libp2p records. */
export interface Implementation {
  readonly name: string
  /** @throws OperationRefused, OperationUnsupported, OperationFailed */
  call(operation: string, call?: Call): Promise<Answer>
  stop(): Promise<void>
}

/** ms; longer than the 30 s that every program allows an operation */
const timeout = 40_000

/** An implementation in a program that communicates by JSON lines. */
export class ImplementationProcess implements Implementation {
  readonly name: string
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting = new Map<number, (line: Answer) => void>()
  #ended: string | undefined
  #errors = ''
  #next = 1

  constructor(name: string, command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.name = name
    this.#child = spawn(command, args, { env: { ...process.env, ...environment } })
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#receive(line))
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-2000)
    })
    this.#child.stdin.on('error', () => {})
    this.#child.on('error', (error) => this.#end(error.message))
    // after the last line
    this.#child.on('close', (code) => this.#end(`exit ${code}: ${this.#errors.trim()}`))
  }

  async call(operation: string, call: Call = {}): Promise<Answer> {
    if (this.#ended !== undefined) throw new OperationFailed(`${this.name} has ended: ${this.#ended}`)
    const id = this.#next++
    const request = {
      id,
      operation,
      bytes: Object.fromEntries(Object.entries(call.bytes ?? {}).map(([name, bytes]) => [name, hex(bytes)])),
      numbers: Object.fromEntries(Object.entries(call.numbers ?? {}).map(([name, number]) => [name, String(number)])),
      texts: call.texts ?? {},
      flags: call.flags ?? {},
      lists: call.lists ?? {}
    }
    const line = await new Promise<Answer>((resolve) => {
      const timer = setTimeout(() => resolve({ failed: `no answer to ${operation} in ${timeout / 1000} s` }), timeout)
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
      this.#child.stdin.write(`${JSON.stringify(request)}\n`)
    })
    this.#waiting.delete(id)
    return resultOf(line, operation)
  }

  async stop(): Promise<void> {
    if (this.#ended !== undefined) return
    const exited = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.stdin.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000)
    await exited
    clearTimeout(timer)
  }

  #receive(line: string): void {
    let answer: Answer
    try {
      answer = JSON.parse(line) as Answer
    } catch {
      this.#errors = (this.#errors + line).slice(-2000)
      return
    }
    this.#waiting.get(Number(answer['id']))?.(answer)
  }

  #end(reason: string): void {
    this.#ended ??= reason
    for (const settle of this.#waiting.values()) settle({ failed: `${this.name} ended: ${this.#ended}` })
  }
}

function resultOf(line: Answer, operation: string): Answer {
  if (typeof line['refused'] === 'string') throw new OperationRefused(line['refused'])
  if (typeof line['unsupported'] === 'string') throw new OperationUnsupported(line['unsupported'])
  if (typeof line['failed'] === 'string') throw new OperationFailed(`${operation}: ${line['failed']}`)
  return line['ok'] as Answer
}
