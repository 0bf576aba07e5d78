/**
 * Prints the results of every implementation of Ed25519 for the cases on which libraries differ, in Node and, if it is
 * installed, in Chromium. Exits with status 1 when a result differs from the rule.
 *
 *   node packages/record-crypto/tools/verdicts.ts [mutations for node:crypto, default 1000000]
 */
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright'
import { ed25519Sodium } from '../src/ed25519-sodium.ts'
import { ed25519Paths } from '../test/ed25519-paths.ts'
import { judge } from './judge.ts'
import type { Row } from './judge.ts'

const most = Number(process.argv[2] ?? 1_000_000)

/** Number of mutations by implementation: fewer for slow ones. */
const inNode = {
  ed25519: most,
  WebCrypto: Math.ceil(most / 10),
  ed25519Wasm: Math.ceil(most / 10),
  ed25519Portable: Math.ceil(most / 50),
  'anywhere, without WebCrypto Ed25519': Math.ceil(most / 50)
}
const inChromium = { ...inNode, ed25519: Math.ceil(most / 10) }

async function judgeInChromium(executablePath: string): Promise<Row[]> {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('judge.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'verdicts',
    platform: 'browser'
  })
  // localhost is a secure context, about:blank is not
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? '' })
    const script = `verdicts.judge(${JSON.stringify(inChromium)})`
    return await page.evaluate<Row[]>(script)
  } finally {
    await browser.close()
    server.close()
  }
}

function print(where: string, rows: readonly Row[]): void {
  console.log(`\n${where}`)
  console.table(rows)
}

const rows = await judge(
  { ...inNode, ed25519Sodium: most },
  new Map([...ed25519Paths, ['ed25519Sodium', ed25519Sodium]])
)
print(`Node ${process.version}, OpenSSL ${process.versions.openssl}; ed25519 is node:crypto`, rows)

const browserPath = [process.env['CHROMIUM_PATH'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== '' && existsSync(path)
)
if (browserPath === undefined) console.log('\nChromium is not installed: skipped')
else {
  const found = await judgeInChromium(browserPath)
  print('Chromium; ed25519 is WebCrypto', found)
  rows.push(...found)
}

const wrong = rows.reduce((sum, row) => sum + row.wrong, 0)
console.log(`\n${rows.reduce((sum, row) => sum + row.cases, 0)} results, ${wrong} wrong`)
process.exitCode = wrong === 0 ? 0 : 1
