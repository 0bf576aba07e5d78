// `pnpm run page` in tools/bench: runs the benchmarks that do not need Node.js in a page and in a worker of Chromium. `--only text` and
// `--write` as in the bench itself.
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright'
import type { Measured } from './measure.ts'
import { formatLine, writeTable } from './format.ts'

const only = process.argv.includes('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '') : ''
const executablePath = [process.env['CHROMIUM_PATH'] ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== '' && existsSync(path)
)
if (executablePath === undefined) throw new Error('Chromium was not found; set CHROMIUM_PATH to its executable')

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('page/program.ts', import.meta.url))],
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  // abstract-level imports `events` of Node.js; in a page the npm package of that name replaces it
  alias: { events: createRequire(import.meta.url).resolve('events/') },
  write: false
})
const script = outputFiles[0]?.text ?? ''
const server = createServer((request, response) => {
  const isScript = request.url === '/program.js'
  // cross-origin isolation gives the page a precise clock
  response.writeHead(200, {
    'content-type': isScript ? 'text/javascript' : 'text/html',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp'
  })
  response.end(isScript ? script : '<!doctype html><title>bench</title>')
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
console.log(`Chromium ${browser.version()}`)
for (const where of ['page', 'worker'] as const) {
  console.log(`\nin a ${where}:`)
  const page = await browser.newPage()
  page.on('pageerror', (error) => console.log(error.message))
  const results: Measured[] = []
  await page.exposeFunction('report', (measured: Measured) => {
    results.push(measured)
    console.log(formatLine(measured))
  })
  await page.goto(origin)
  await page.evaluate(
    `(async () => {
      const only = ${JSON.stringify(only)}
      await new Promise((resolve, reject) => {
        const post = (measured) => (measured === undefined ? resolve() : report(measured))
        if (${where === 'page'}) import('/program.js').then(() => measureAll(post, only)).catch(reject)
        else {
          const worker = new Worker('/program.js', { type: 'module' })
          worker.onmessage = ({ data }) => post(data)
          worker.onerror = ({ message }) => reject(new Error(message))
          worker.postMessage(only)
        }
      })
    })()`
  )
  await page.close()
  if (process.argv.includes('--write')) writeTable(where, results)
}
await browser.close()
server.close()
