import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { hex } from './bytes.ts'

/** Arguments of one operation, by kind; ../README.md lists the operations. */
export interface Call {
  readonly bytes?: Record<string, Uint8Array>
  readonly numbers?: Record<string, bigint>
  readonly texts?: Record<string, string>
  readonly flags?: Record<string, boolean>
  readonly lists?: Record<string, readonly string[]>
}

export type Answer = Record<string, unknown>

/** A text of an answer. @throws PeerFailed when it is not there */
export function textOf(answer: Answer, name: string): string {
  const text = answer[name]
  if (typeof text !== 'string') throw new PeerFailed(`the answer has no ${name}`)
  return text
}

/** It ran, and its verdict on the bytes is no. */
export class PeerRefused extends Error {}
/** The implementation has no such thing; the message says why. */
export class PeerUnsupported extends Error {}
/** Neither an answer nor a verdict. */
export class PeerFailed extends Error {}

/** Another implementation, whatever stands behind it. */
export interface Peer {
  readonly name: string
  /** @throws PeerRefused, PeerUnsupported, PeerFailed */
  call(operation: string, call?: Call): Promise<Answer>
  stop(): Promise<void>
}

/** Longer than the 30 s that every peer allows an operation itself. */
const patience = 40_000

/** A program that speaks JSON lines. */
export class PeerProcess implements Peer {
  readonly name: string
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting = new Map<number, (line: Answer) => void>()
  #ended: string | undefined
  #errors = ''
  #next = 1

  constructor(name: string, command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.name = name
    this.#child = spawn(command, args, { env: { ...process.env, ...environment } })
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line))
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-2000)
    })
    this.#child.stdin.on('error', () => {})
    this.#child.on('error', (error) => this.#end(error.message))
    this.#child.on('exit', (code) => this.#end(`exit ${code}: ${this.#errors.trim()}`))
  }

  async call(operation: string, call: Call = {}): Promise<Answer> {
    if (this.#ended !== undefined) throw new PeerFailed(`${this.name} is gone: ${this.#ended}`)
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
      const timer = setTimeout(() => resolve({ failed: `no answer to ${operation} in ${patience} ms` }), patience)
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
      this.#child.stdin.write(`${JSON.stringify(request)}\n`)
    })
    this.#waiting.delete(id)
    return outcome(line, operation)
  }

  async stop(): Promise<void> {
    if (this.#ended !== undefined) return
    const gone = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.stdin.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000)
    await gone
    clearTimeout(timer)
  }

  #take(line: string): void {
    let answer: Answer
    try {
      answer = JSON.parse(line) as Answer
    } catch {
      this.#errors = (this.#errors + line).slice(-2000)
      return
    }
    this.#waiting.get(Number(answer['id']))?.(answer)
  }

  #end(why: string): void {
    this.#ended ??= why
    for (const settle of this.#waiting.values()) settle({ failed: `${this.name} ended: ${this.#ended}` })
  }
}

function outcome(line: Answer, operation: string): Answer {
  if (typeof line['refused'] === 'string') throw new PeerRefused(line['refused'])
  if (typeof line['unsupported'] === 'string') throw new PeerUnsupported(line['unsupported'])
  if (typeof line['failed'] === 'string') throw new PeerFailed(`${operation}: ${line['failed']}`)
  return line['ok'] as Answer
}
