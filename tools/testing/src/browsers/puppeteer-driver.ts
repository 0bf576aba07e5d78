import puppeteer from 'puppeteer-core'
import type { Driver } from './driver.ts'

const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/** Starts Chromium, or Firefox by WebDriver BiDi, headless and with a new profile. */
export async function puppeteerDriver(engine: 'chromium' | 'firefox', executablePath: string): Promise<Driver> {
  const browser = await puppeteer.launch({
    executablePath,
    browser: engine === 'firefox' ? 'firefox' : 'chrome',
    headless: true,
    args: engine === 'firefox' ? [] : chromiumArguments
  })
  return {
    version: await browser.version(),
    async open(url) {
      const page = await browser.newPage()
      await page.goto(url)
      return { close: () => page.close() }
    },
    close: () => browser.close()
  }
}
