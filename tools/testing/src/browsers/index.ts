import type { BrowserOptions, Driver, DriverPage, Engine } from './driver.ts'
import { findBrowser } from './find-browser.ts'
import type { BrowserProgram } from './program-server.ts'
import { ProgramServer } from './program-server.ts'
import { puppeteerDriver } from './puppeteer-driver.ts'
import { webkitDriver } from './webkit-driver.ts'

export { engines } from './driver.ts'
export type { BrowserOptions, DriverPage, Engine } from './driver.ts'
export { findBrowser } from './find-browser.ts'
export { inEachBrowser } from './in-each-browser.ts'
export type { BrowserProgram, RunProgram } from './program-server.ts'

/** A program in a page. */
export interface RunningProgram {
  /** what its `run` returned; rejects when that throws, after the timeout, and when the page was closed */
  readonly result: Promise<unknown>
  /** Closes the page, whatever the program does. */
  close(): Promise<void>
}

/** A browser with a new profile. All pages have one origin, so they share its storage. */
export interface TestBrowser extends AsyncDisposable {
  readonly engine: Engine
  /** name and version */
  readonly version: string
  /** Opens a page of any server, for the input of a user. */
  open(url: string): Promise<DriverPage>
  /** Opens a page that runs a program. */
  start(program: BrowserProgram): Promise<RunningProgram>
  /** Runs a program in a page of its own, and returns its result. */
  run(program: BrowserProgram): Promise<unknown>
}

/** Starts a browser, headless. @throws Error when it is not installed: see {@link findBrowser} */
export async function openBrowser(engine: Engine, options: BrowserOptions = {}): Promise<TestBrowser> {
  const path = findBrowser(engine)
  if (path === undefined) throw new Error(`${engine} is not installed`)
  const server = await ProgramServer.start()
  let driver: Driver
  try {
    driver = await (engine === 'webkit' ? webkitDriver(path, options) : puppeteerDriver(engine, path, options))
  } catch (error) {
    await server.close()
    throw error
  }
  const start = async (program: BrowserProgram): Promise<RunningProgram> => {
    const { url, result, end } = await server.serve(program)
    const page = await driver.open(url)
    return {
      result,
      close: async () => {
        end()
        await page.close()
      }
    }
  }
  return {
    engine,
    version: driver.version,
    open: (url) => driver.open(url),
    start,
    run: async (program) => {
      const running = await start(program)
      try {
        return await running.result
      } finally {
        await running.close()
      }
    },
    [Symbol.asyncDispose]: async () => {
      await driver.close()
      await server.close()
    }
  }
}

/**
 * Runs a program in a browser and returns its result.
 *
 * @example
 * ```ts
 * const verdicts = await runInBrowser('firefox', { entry: '/path/of/program.ts', argument: { inputs: 100 } })
 * ```
 */
export async function runInBrowser(engine: Engine, program: BrowserProgram): Promise<unknown> {
  await using browser = await openBrowser(engine)
  return browser.run(program)
}
