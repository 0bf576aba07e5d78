import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { build } from 'esbuild'

/** A module that exports `run`, and what it is called with. See {@link RunProgram}. */
export interface BrowserProgram {
  /** path of the module */
  readonly entry: string
  /** anything that JSON can express */
  readonly argument?: unknown
  /** called with what the program reports, in that order */
  readonly onReport?: ((data: unknown) => void) | undefined
  /** where it runs. @default 'page' */
  readonly context?: 'page' | 'module worker' | 'service worker' | undefined
  /** the content security policy of the page; `connect-src 'self'` is added, for the result */
  readonly policy?: string | undefined
  /** ms after which the result is an error. @default 120_000 */
  readonly timeout?: number | undefined
}

/**
 * What the module of a program exports as `run`. Its result and its reports are anything that JSON can express.
 *
 * @param report - sends data while the program runs; resolves when it has arrived
 */
export type RunProgram = (argument: unknown, report: (data: unknown) => Promise<void>) => Promise<unknown>

/** A program that can be opened in a page. */
export interface ServedProgram {
  readonly url: string
  /** of the first page that opens it */
  readonly result: Promise<unknown>
  /** Ends the wait for its result. */
  end(): void
}

interface Run {
  readonly program: BrowserProgram
  readonly script: string
  readonly settle: (kind: string, data: unknown) => void
  readonly end: () => void
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly policy?: string | undefined
}

const page = '<!doctype html><title>recordkit</title><script type="module" src="main.js"></script>'

const poster = (id: string): string => `const post = async (kind, data) => {
  await fetch('/${id}/' + kind, { method: 'POST', body: JSON.stringify(data ?? null) })
}
const fail = (error) => post('error', error?.stack?.includes(error.message) ? error.stack : error + '\\n' + error?.stack)
`

// calls `run` of the program, and posts its reports and its result
const runner = (id: string, { argument, context }: BrowserProgram): string => {
  const inServiceWorker = context === 'service worker'
  // a service worker cannot import later, and is ended when it does not handle an event
  return `${inServiceWorker ? "import { run } from './program.js'" : ''}
${poster(id)}
addEventListener('unhandledrejection', ({ reason }) => void fail(reason))
addEventListener('error', ({ error, message }) => void fail(error ?? message))
let last = Promise.resolve()
const report = (data) => (last = last.then(() => post('report', data)))
const main = async () => {
  try {
    ${inServiceWorker ? '' : "const { run } = await import('./program.js')"}
    const result = await run(${JSON.stringify(argument ?? null)}, report)
    await last
    await post('result', result)
  } catch (error) {
    await fail(error)
  }
}
${inServiceWorker ? "addEventListener('install', (event) => event.waitUntil(main()))" : 'await main()'}`
}

// what the page runs
const main = (id: string, program: BrowserProgram): string => {
  if (program.context === 'module worker') {
    return `${poster(id)}
new Worker('runner.js', { type: 'module' }).addEventListener('error', ({ message }) => void fail(message ?? 'the worker has not started'))`
  }
  if (program.context === 'service worker') {
    return `${poster(id)}
navigator.serviceWorker.register('runner.js', { type: 'module' }).catch(fail)`
  }
  return runner(id, program)
}

/** Serves programs on loopback, which is a secure context, and receives their results. */
export class ProgramServer {
  readonly #server: Server
  readonly #runs = new Map<string, Run>()
  readonly #bundles = new Map<string, Promise<string>>()
  #count = 0

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, type, body, policy }) => {
        // cross-origin isolation gives the page a precise clock
        response.writeHead(status, {
          'content-type': type,
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-embedder-policy': 'require-corp',
          ...(policy === undefined ? {} : { 'content-security-policy': `${policy}; connect-src 'self'` })
        })
        response.end(body)
      })
    })
  }

  static async start(): Promise<ProgramServer> {
    const server = new ProgramServer()
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  /** Bundles a program and serves it. */
  async serve(program: BrowserProgram): Promise<ServedProgram> {
    const { entry, timeout = 120_000 } = program
    let bundle = this.#bundles.get(entry)
    if (bundle === undefined) this.#bundles.set(entry, (bundle = bundleProgram(entry)))
    const script = await bundle
    const id = String(this.#count++)
    let settle!: Run['settle']
    let end!: (error: Error) => void
    const result = new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => end(new Error(`${entry} has not ended after ${timeout / 1000} s`)), timeout)
      end = (error) => {
        clearTimeout(timer)
        this.#runs.delete(id)
        reject(error)
      }
      settle = (kind, data) => {
        if (kind === 'error') end(new Error(`${entry} failed: ${String(data)}`))
        else {
          clearTimeout(timer)
          resolve(data)
        }
      }
    })
    const close = (): void => end(new Error(`${entry} was closed`))
    this.#runs.set(id, { program, script, settle, end: close })
    // it may be rejected before it is awaited
    result.catch(() => undefined)
    const { port } = this.#server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}/${id}/`, result, end: close }
  }

  /** Ends all programs. */
  async close(): Promise<void> {
    for (const { end } of this.#runs.values()) end()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const [, id = '', name = ''] = (request.url ?? '').split('/')
    const run = this.#runs.get(id)
    if (run === undefined) return { status: 404, type: 'text/plain', body: 'there is no such program' }
    if (request.method === 'POST') {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const data = JSON.parse(Buffer.concat(chunks).toString()) as unknown
      if (name === 'report') run.program.onReport?.(data)
      else run.settle(name, data)
      return { status: 200, type: 'text/plain', body: '' }
    }
    const { policy } = run.program
    const type = 'text/javascript'
    if (name === 'program.js') return { status: 200, type, body: run.script, policy }
    if (name === 'runner.js') return { status: 200, type, body: runner(id, run.program), policy }
    if (name === 'main.js') return { status: 200, type, body: main(id, run.program), policy }
    return { status: 200, type: 'text/html', body: page, policy }
  }
}

async function bundleProgram(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    // abstract-level imports `events` of Node.js; in a page the npm package of that name replaces it
    alias: { events: createRequire(import.meta.url).resolve('events/') },
    write: false
  })
  return outputFiles[0]?.text ?? ''
}
