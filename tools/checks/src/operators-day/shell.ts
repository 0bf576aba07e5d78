import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'

/** the line that a shell prints after a command, with a number that no output contains */
const mark = `end-${process.pid}-${Math.random()}`

/** One shell that runs commands in turn, so that variables and background jobs stay. */
export class Shell {
  readonly #shell: ChildProcessWithoutNullStreams
  #output = ''
  #changed: () => void = () => {}

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    // a group of its own, so that its background jobs end with it
    this.#shell = spawn('bash', ['--noprofile', '--norc'], { cwd: folder, env, detached: true })
    for (const stream of [this.#shell.stdout, this.#shell.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk
        this.#changed()
      })
    }
  }

  /**
   * Runs a command, and returns what it prints.
   *
   * @param timeout - ms
   * @throws Error when it takes longer
   */
  async run(command: string, timeout: number): Promise<string> {
    this.#output = ''
    const ended = new Promise<void>((resolve) => {
      this.#changed = () => {
        if (this.#output.includes(`${mark}\n`)) resolve()
      }
    })
    this.#shell.stdin.write(`${command}\necho ${mark}\n`)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`"${command}" did not end within ${timeout} ms: ${this.#output}`)),
        timeout
      )
    })
    await Promise.race([ended, late]).finally(() => clearTimeout(timer))
    return this.#output.slice(0, this.#output.indexOf(`${mark}\n`))
  }

  /** Ends the shell and its background jobs. */
  end(): void {
    try {
      process.kill(-(this.#shell.pid as number), 'SIGKILL')
    } catch {
      // it has ended
    }
  }
}
