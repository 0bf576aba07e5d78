import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import puppeteer from 'puppeteer-core'
import type { Browser } from 'puppeteer-core'

/** A browser that runs a bundled program in a page on loopback, which is a secure context. */
export interface PageRunner {
  readonly version: string
  /** returns what the program printed */
  run(bundle: string): Promise<string>
}

export interface Browsers extends AsyncDisposable {
  readonly open: readonly PageRunner[]
  readonly missing: readonly string[]
}

const candidates = {
  Chromium: [
    process.env['CHROMIUM_PATH'] ?? '',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome'
  ],
  Firefox: [process.env['FIREFOX_PATH'] ?? '', '/usr/bin/firefox-esr', '/usr/bin/firefox']
}

export async function openBrowsers(): Promise<Browsers> {
  let script = ''
  const server = createServer((request, response) => {
    const isScript = request.url === '/program.js'
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
    response.end(isScript ? script : '<!doctype html><title>consumer</title>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const open: (PageRunner & { readonly browser: Browser })[] = []
  const missing: string[] = []
  for (const [name, paths] of Object.entries(candidates)) {
    const executablePath = paths.find((path) => path !== '' && existsSync(path))
    if (executablePath === undefined) {
      missing.push(name)
      continue
    }
    const browser = await puppeteer.launch({
      executablePath,
      browser: name === 'Firefox' ? 'firefox' : 'chrome',
      headless: true,
      args: name === 'Firefox' ? [] : ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
    })
    open.push({
      browser,
      version: await browser.version(),
      async run(bundle) {
        script = bundle
        const page = await browser.newPage()
        try {
          const output = new Promise<string>((resolve, reject) => {
            page.on('console', (message) => resolve(message.text()))
            page.on('pageerror', (error) => reject(error))
          })
          // it may be rejected before it is awaited
          output.catch(() => undefined)
          await page.goto(origin)
          await page.addScriptTag({ url: '/program.js', type: 'module' })
          return await output
        } finally {
          await page.close()
        }
      }
    })
  }
  return {
    open,
    missing,
    async [Symbol.asyncDispose]() {
      for (const { browser } of open) await browser.close()
      server.close()
    }
  }
}
