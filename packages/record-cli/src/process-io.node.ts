import process from 'node:process'
import { emitKeypressEvents } from 'node:readline'
import type { CommandIo } from './command-io.ts'

/** ms: signals in this time are one interruption; a terminal sends ctrl-C to a program and its parent, which forwards it */
const oneInterruption = 1000

/**
 * The terminal, environment and signals of this process. The first ctrl-C or SIGTERM asks the command to end, the second, a second
 * later or more, ends the process.
 *
 * @example
 * ```ts
 * process.exitCode = await runCommandLine(process.argv.slice(2), processIo())
 * ```
 */
export function processIo(): CommandIo {
  const { stdin, stdout, stderr, env } = process
  const interrupted = new AbortController()
  let first = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const now = performance.now()
      if (interrupted.signal.aborted && now - first > oneInterruption) process.exit(130)
      if (interrupted.signal.aborted) return
      first = now
      interrupted.abort(new DOMException(`the command was interrupted by ${name}`, 'AbortError'))
    })
  }
  // a reader such as `head` that has enough closes the pipe
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      process.exit(3)
    })
  }
  return {
    input: stdin,
    isInputTerminal: stdin.isTTY,
    isTerminal: stdout.isTTY,
    async write(output) {
      if (stdout.write(output)) return
      await new Promise<void>((resolve) => stdout.once('drain', resolve))
    },
    note: (line) => void stderr.write(`${line}\n`),
    // returns to the start of the line and clears it
    showStatus: stderr.isTTY ? (text) => void stderr.write(`\r\u001B[K${text}`) : undefined,
    askSecret: async (question) => (stdin.isTTY ? readSecret(question) : undefined),
    env,
    signal: interrupted.signal
  }
}

/** Reads a line from the terminal without showing it. */
async function readSecret(question: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(question)
  emitKeypressEvents(stdin)
  stdin.setRawMode(true)
  stdin.resume()
  try {
    return await new Promise<string>((resolve, reject) => {
      let typed = ''
      const pressed = (text: string | undefined, key: { readonly name?: string; readonly ctrl?: boolean }): void => {
        const isInterrupt = key.ctrl === true && (key.name === 'c' || key.name === 'd')
        if (key.name === 'backspace') typed = typed.slice(0, -1)
        else if (key.name !== 'return' && key.name !== 'enter' && !isInterrupt) typed += text ?? ''
        else {
          stdin.off('keypress', pressed)
          if (isInterrupt) reject(new DOMException('the command was interrupted', 'AbortError'))
          else resolve(typed)
        }
      }
      stdin.on('keypress', pressed)
    })
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}
