import puppeteer from 'puppeteer-core'
import type { KeyInput, Page } from 'puppeteer-core'
import type { BrowserOptions, Driver, DriverPage } from './driver.ts'

const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/** Chromium takes the commands of an editor from the program that drives it, Firefox from the keys. */
const commands: Readonly<Record<string, string>> = { a: 'SelectAll', c: 'Copy', v: 'Paste', x: 'Cut' }
/** Firefox knows the preference of the user from its settings. */
const darkPreferences = { 'layout.css.prefers-color-scheme.content-override': 0, 'ui.systemUsesDarkTheme': 1 }

/** Starts Chromium, or Firefox by WebDriver BiDi, headless and with a new profile. */
export async function puppeteerDriver(
  engine: 'chromium' | 'firefox',
  executablePath: string,
  { dark = false }: BrowserOptions = {}
): Promise<Driver> {
  const browser = await puppeteer.launch({
    executablePath,
    browser: engine === 'firefox' ? 'firefox' : 'chrome',
    headless: true,
    args: engine === 'firefox' ? [] : chromiumArguments,
    extraPrefsFirefox: dark ? darkPreferences : {}
  })
  return {
    version: await browser.version(),
    async open(url) {
      const page = await browser.newPage()
      if (engine === 'chromium' && dark)
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }])
      await page.goto(url)
      return pageOf(page, engine)
    },
    close: () => browser.close()
  }
}

function pageOf(page: Page, engine: 'chromium' | 'firefox'): DriverPage {
  return {
    close: () => page.close(),
    evaluate: (expression) => page.evaluate(expression),
    click: (selector) => page.click(selector),
    type: (text) => page.keyboard.type(text),
    async press(key) {
      const parts = key.split('+') as KeyInput[]
      const last = parts.pop() as KeyInput
      const command = parts[0] === 'Control' ? commands[last] : undefined
      for (const modifier of parts) await page.keyboard.down(modifier)
      const options = engine === 'chromium' && command !== undefined ? { commands: [command] } : {}
      await page.keyboard.press(last, options)
      for (const modifier of parts.toReversed()) await page.keyboard.up(modifier)
    },
    resize: (width, height) => page.setViewport({ width, height }),
    async reload() {
      await page.reload()
    },
    screenshot: () => page.screenshot()
  }
}
