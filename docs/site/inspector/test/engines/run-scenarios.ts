import { openBrowser } from '@recordkit/testing/browsers'
import type { BrowserOptions, Engine, TestBrowser } from '@recordkit/testing/browsers'
import { InspectorPage } from './page.ts'
import { checkOffline, darkScenario, offlineTitle, scenarios } from './scenarios.ts'
import { openWorld } from './world.ts'
import type { World } from './world.ts'

/** A scenario that can be run. */
export interface RunnableScenario {
  readonly title: string
  run(): Promise<void>
}

/** All scenarios in one engine, each on a new page. */
export interface ScenarioSuite extends AsyncDisposable {
  readonly version: string
  readonly scenarios: readonly RunnableScenario[]
  readonly world: World
  /** A page with the inspector, in the light or the dark browser. */
  openPage(options?: BrowserOptions): Promise<InspectorPage>
}

/** The titles of all scenarios, in their order. */
export const scenarioTitles: readonly string[] = [
  ...scenarios.map(({ title }) => title),
  darkScenario.title,
  offlineTitle
]

/** Starts an engine, light and dark, and the servers of the page. */
export async function openScenarios(engine: Engine): Promise<ScenarioSuite> {
  const world = await openWorld()
  const light = await openBrowser(engine)
  const dark = await openBrowser(engine, { dark: true })
  const openIn = async (browser: TestBrowser, url: string): Promise<InspectorPage> => {
    const page = new InspectorPage(await browser.open(url))
    await page.driver.resize(1280, 900)
    await page.until(`document.querySelectorAll('#samples button').length > 0`)
    return page
  }
  const on = async (browser: TestBrowser, url: string, run: (page: InspectorPage) => Promise<void>): Promise<void> => {
    const page = await openIn(browser, url)
    try {
      await page.driver.evaluate(
        `globalThis.violation = '', document.addEventListener('securitypolicyviolation', (event) => (globalThis.violation += event.violatedDirective + ' ' + event.blockedURI))`
      )
      await run(page)
      const violation = await page.driver.evaluate(`globalThis.violation ?? ''`)
      if (violation !== '') throw new Error(`the content security policy was violated: ${JSON.stringify(violation)}`)
    } finally {
      await page.driver.close()
    }
  }
  const offline = async (): Promise<void> => {
    const server = await world.servePage()
    await on(light, server.url, (page) => checkOffline(page, () => server.close()))
  }
  return {
    version: light.version,
    world,
    openPage: (options) => openIn(options?.dark === true ? dark : light, world.url),
    scenarios: [
      ...scenarios.map(({ title, run }) => ({ title, run: () => on(light, world.url, (page) => run(page, world)) })),
      { title: darkScenario.title, run: () => on(dark, world.url, (page) => darkScenario.run(page, world)) },
      { title: offlineTitle, run: offline }
    ],
    [Symbol.asyncDispose]: async () => {
      await light[Symbol.asyncDispose]()
      await dark[Symbol.asyncDispose]()
      await world.close()
    }
  }
}
