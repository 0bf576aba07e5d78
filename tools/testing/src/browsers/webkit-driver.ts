import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrowserOptions, Driver, DriverPage } from './driver.ts'
import { keyActions } from './webdriver-keys.ts'

/** ms that a program may take to start */
const startTimeout = 30_000

/** Starts the browser of WebKitGTK on a display of its own, by WebDriver. */
export async function webkitDriver(binary: string, { dark = false }: BrowserOptions = {}): Promise<Driver> {
  const programs: ChildProcess[] = []
  const stop = async (): Promise<void> => {
    for (const program of programs.toReversed()) {
      if (program.exitCode !== null || program.signalCode !== null) continue
      const exited = once(program, 'exit')
      program.kill()
      await exited
    }
  }
  try {
    const { program: display, name } = await startDisplay()
    programs.push(display)
    const port = await freePort()
    const driver = spawn('/usr/bin/WebKitWebDriver', [`--port=${port}`], {
      stdio: 'ignore',
      env: { ...process.env, DISPLAY: name, GDK_BACKEND: 'x11', ...(dark ? { GTK_THEME: 'Adwaita:dark' } : {}) }
    })
    programs.push(driver)
    const session = await startSession(`http://127.0.0.1:${port}`, binary)
    return {
      version: session.version,
      open: async (url) => pageOf(session, await session.open(url)),
      close: async () => {
        await session.end()
        await stop()
      }
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** An X server without a screen. It chooses the number of its display. */
async function startDisplay(): Promise<{ program: ChildProcess; name: string }> {
  const args = ['-displayfd', '3', '-screen', '0', '1600x1400x24', '-nolisten', 'tcp']
  const program = spawn('/usr/bin/Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const [data] = (await Promise.race([
    once(program.stdio[3] as Readable, 'data'),
    once(program, 'exit').then(() => Promise.reject(new Error('Xvfb has not started')))
  ])) as [Buffer]
  return { program, name: `:${data.toString().trim()}` }
}

/** The name of the property that identifies an element. @see W3C WebDriver, "Elements" */
const elementKey = 'element-6066-11e4-a52e-4f735466cecf'

function pageOf(session: Session, handle: string): DriverPage {
  const command = (method: string, path: string, body?: unknown): Promise<unknown> =>
    session.command(handle, method, path, body)
  const evaluate = (expression: string): Promise<unknown> =>
    command('POST', '/execute/async', {
      script: `const done = arguments[0]
Promise.resolve().then(() => (${expression})).then((value) => done({ value }), (error) => done({ error: String(error) }))`,
      args: []
    }).then((answer) => {
      const { value, error } = answer as { readonly value?: unknown; readonly error?: string }
      if (error !== undefined) throw new Error(error)
      return value
    })
  return {
    evaluate,
    close: () => session.close(handle),
    async click(selector) {
      const found = await command('POST', '/element', { using: 'css selector', value: selector })
      const id = (found as Readonly<Record<string, string>>)[elementKey]
      await command('POST', `/element/${id}/click`)
    },
    async type(text) {
      await command('POST', '/actions', keyActions(Array.from(text)))
    },
    async press(key) {
      await command('POST', '/actions', keyActions([key]))
    },
    async resize(width, height) {
      const [outerWidth, outerHeight] = (await evaluate('[outerWidth - innerWidth, outerHeight - innerHeight]')) as [
        number,
        number
      ]
      await command('POST', '/window/rect', { x: 0, y: 0, width: width + outerWidth, height: height + outerHeight })
    },
    async reload() {
      await command('POST', '/refresh')
    },
    async screenshot() {
      return Buffer.from((await command('GET', '/screenshot')) as string, 'base64')
    }
  }
}

interface Session {
  readonly version: string
  open(url: string): Promise<string>
  /** Sends a command for a window. */
  command(handle: string, method: string, path: string, body?: unknown): Promise<unknown>
  close(handle: string): Promise<void>
  end(): Promise<void>
}

async function startSession(server: string, binary: string): Promise<Session> {
  const options = { binary, args: ['--automation'] }
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } }
  const created = (await call(server, 'POST', '/session', { capabilities }, startTimeout)) as {
    sessionId: string
    capabilities: { browserName: string; browserVersion: string }
  }
  const path = `/session/${created.sessionId}`
  const { browserName, browserVersion } = created.capabilities
  // commands concern the current window, so they run one at a time
  let last: Promise<unknown> = Promise.resolve()
  const inOrder = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const running = last.then(work)
    last = running.catch(() => undefined)
    return running
  }
  let first = ((await call(server, 'GET', `${path}/window`)) as string | undefined) ?? ''
  return {
    version: `WebKitGTK ${browserName} ${browserVersion}`,
    open: (url) =>
      inOrder(async () => {
        let handle = first
        first = ''
        if (handle === '') {
          const opened = await call(server, 'POST', `${path}/window/new`, { type: 'tab' })
          ;({ handle } = opened as { handle: string })
        }
        await call(server, 'POST', `${path}/window`, { handle })
        await call(server, 'POST', `${path}/url`, { url })
        return handle
      }),
    command: (handle, method, commandPath, body) =>
      inOrder(async () => {
        await call(server, 'POST', `${path}/window`, { handle })
        return call(server, method, path + commandPath, body)
      }),
    close: (handle) =>
      inOrder(async () => {
        await call(server, 'POST', `${path}/window`, { handle })
        // the session ends with its last window
        const handles = (await call(server, 'GET', `${path}/window/handles`)) as string[]
        if (handles.length > 1) await call(server, 'DELETE', `${path}/window`)
        else {
          await call(server, 'POST', `${path}/url`, { url: 'about:blank' })
          first = handle
        }
      }),
    end: () => inOrder(async () => void (await call(server, 'DELETE', path)))
  }
}

/** Sends a WebDriver command. Repeats it while the driver does not listen yet, for at most `patience` ms. */
async function call(server: string, method: string, path: string, body?: unknown, patience = 0): Promise<unknown> {
  const until = performance.now() + patience
  for (;;) {
    try {
      const response = await fetch(server + path, {
        method,
        headers: { 'content-type': 'application/json' },
        body: method === 'POST' ? JSON.stringify(body ?? {}) : null
      })
      const { value } = (await response.json()) as { value: unknown }
      if (!response.ok) throw new Error(`WebKitWebDriver: ${method} ${path}: ${JSON.stringify(value)}`)
      return value
    } catch (error) {
      // a TypeError is a failed connection
      if (!(error instanceof TypeError) || performance.now() > until) throw error
      await sleep(50)
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
