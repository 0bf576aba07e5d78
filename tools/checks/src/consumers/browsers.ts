import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { findBrowser } from '@recordkit/testing/browsers'
import puppeteer from 'puppeteer-core'
import type { Browser } from 'puppeteer-core'

/** How a page runs a program. */
export interface PageOptions {
  /** elements before the script */
  readonly head?: string
  /** whose files the page can load */
  readonly folder?: string
}

/** A browser that runs a bundled program in a page on loopback, which is a secure context. */
export interface PageRunner {
  readonly version: string
  /** Runs a program. @returns what it printed first */
  run(program: string, options?: PageOptions): Promise<string>
  /** Opens a page. @returns what it printed first */
  open(url: string): Promise<string>
}

export interface Browsers extends AsyncDisposable {
  readonly open: readonly PageRunner[]
  readonly missing: readonly string[]
}

/** Starts browsers. */
export async function openBrowsers(names: readonly ('chromium' | 'firefox')[]): Promise<Browsers> {
  const pages = new Map<string, PageOptions & { readonly program: string }>()
  const server = createServer((request, response) => {
    const [, id = '', ...path] = (request.url ?? '').split('/')
    void answer(pages.get(id), path.join('/')).then(({ type, body }) => {
      response.writeHead(200, { 'content-type': type })
      response.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const open: (PageRunner & { readonly browser: Browser })[] = []
  const missing: string[] = []
  for (const name of names) {
    const executablePath = findBrowser(name)
    if (executablePath === undefined) {
      missing.push(name)
      continue
    }
    const browser = await puppeteer.launch({
      executablePath,
      browser: name === 'firefox' ? 'firefox' : 'chrome',
      headless: true,
      args: name === 'firefox' ? [] : ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
    })
    const openPage = async (url: string): Promise<string> => {
      const page = await browser.newPage()
      try {
        const output = new Promise<string>((resolve, reject) => {
          setTimeout(() => reject(new Error(`${name} printed nothing within 60 s`)), 60_000).unref()
          page.on('console', (message) => {
            // browsers report an icon that is not found
            if (!message.text().startsWith('Failed to load resource')) resolve(message.text())
          })
          page.on('pageerror', (error) => reject(error))
        })
        // it may be rejected before it is awaited
        output.catch(() => undefined)
        await page.goto(url)
        return await output
      } finally {
        await page.close()
      }
    }
    open.push({
      browser,
      version: await browser.version(),
      open: openPage,
      async run(program, options = {}) {
        const id = String(pages.size)
        pages.set(id, { ...options, program })
        return openPage(`${origin}${id}/`)
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

async function answer(
  page: (PageOptions & { readonly program: string }) | undefined,
  path: string
): Promise<{ readonly type: string; readonly body: string }> {
  if (path === '') {
    const body = `<!doctype html><title>consumer</title>${page?.head ?? ''}<script type="module" src="program.js"></script>`
    return { type: 'text/html', body }
  }
  const type = 'text/javascript'
  if (path === 'program.js') return { type, body: page?.program ?? '' }
  if (page?.folder === undefined) return { type, body: '' }
  return { type, body: await readFile(join(page.folder, path), 'utf8').catch(() => '') }
}
