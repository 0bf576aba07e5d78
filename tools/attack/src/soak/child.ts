import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer } from './calls.ts'

interface Waiting {
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

/** A child process that answers calls until it is killed. */
export class Child {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #next = 1

  private constructor(child: ChildProcess) {
    this.#process = child
    child.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if ('error' in answer) waiting?.reject(new Error(answer.error))
      else waiting?.resolve(answer.result as never)
    })
    const end = (): void => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the process has ended'))
      this.#waiting.clear()
    }
    // after the last message
    child.on('close', end)
    child.on('error', end)
  }

  /**
   * Starts a file with one JSON argument, and waits until it serves.
   *
   * @param within - a command prefix that runs the process elsewhere
   */
  static async start(file: URL, argument: object, within: readonly string[] = []): Promise<Child> {
    const line = [...within, process.execPath, '--expose-gc', fileURLToPath(file), JSON.stringify(argument)]
    const started = spawn(line[0] as string, line.slice(1), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // keeps a Uint8Array a Uint8Array
      serialization: 'advanced'
    })
    const child = new Child(started)
    const ready = new Promise<never>((resolve, reject) => {
      child.#waiting.set(0, { resolve, reject })
    })
    await ready
    return child
  }

  /** The calls of `Calls`, each answered by the process or rejected when it ends. */
  calls<Calls extends object>(): Calls {
    return new Proxy({} as Calls, {
      get: (_target, name) =>
        typeof name !== 'string' || name === 'then' ? undefined : async (...args: unknown[]) => this.#call(name, args)
    })
  }

  /** Kills the process without a chance to shut down. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }

  #call(name: string, args: readonly unknown[]): Promise<never> {
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#process.send({ id, name, args }, (error) => {
        if (error === null || !this.#waiting.delete(id)) return
        reject(error)
      })
    })
  }
}
