// `npm run runtimes`: runs one program, all jobs of an application and all vectors of signatures, on every JavaScript runtime that can
// be had, and prints a matrix and counts. Engines are installed by npm into a cache, and those that cannot be are skipped.
// `-- --engine Deno`: on one; `-- --offline`: without installing; `-- --short`: on the newest
// release of each, with the build that it uses; `-- --write`: also writes docs/runtimes.md. RECORDKIT_HERMES is the path of a Hermes
// virtual machine, which no package contains.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { engines as browsers, findBrowser, openBrowser } from '@recordkit/testing/browsers'
import type { BrowserProgram } from '@recordkit/testing/browsers'
import type { Build } from './bundle.ts'
import { bundleForHermes, bundleProgram, programPath } from './bundle.ts'
import { engines, installEngine } from './engines.ts'
import type { Engine } from './engines.ts'
import { matrix, reasons, totals } from './matrix.ts'
import type { Column } from './matrix.ts'
import type { RowResult } from './program/run.ts'
import { runEngine } from './run-engine.ts'

const option = process.argv.indexOf('--engine')
const only = option < 0 ? undefined : process.argv[option + 1]
const names = [...engines.map(({ name }) => name), ...browsers, 'Hermes']
if (option >= 0 && !names.includes(only ?? '')) {
  console.error(`usage: npm run runtimes -- [--engine ${names.join('|')}] [--offline] [--short] [--write]`)
  process.exit(2)
}
const short = process.argv.includes('--short')
const download = !process.argv.includes('--offline')
const count = { passed: 0, failed: 0, skipped: 0 }
const columns: Column[] = []
/** browsers where the program is not in an ordinary page */
const contextColumns: Column[] = []
/** Where a program can run in a browser. */
const contexts: Readonly<Record<string, Pick<BrowserProgram, 'context' | 'policy'>>> = {
  page: {},
  'module worker': { context: 'module worker' },
  'service worker': { context: 'service worker' },
  'page with a strict policy': { policy: "default-src 'none'; script-src 'self'" },
  'page with a strict policy and WebAssembly': { policy: "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" }
}
const scratch = await mkdtemp(join(tmpdir(), 'recordkit-runtimes-'))
const bundles: Readonly<Record<Build | 'worker', string>> = {
  node: join(scratch, 'node.mjs'),
  web: join(scratch, 'web.mjs'),
  worker: join(scratch, 'worker.mjs')
}

function add(title: string, results: readonly RowResult[], started: number, list: Column[]): void {
  list.push({ title, results })
  for (const { passed, failed, unsupported } of results) {
    count.passed += passed
    count.failed += failed
    count.skipped += unsupported
  }
  const failed = results.reduce((sum, result) => sum + result.failed, 0)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${failed === 0 ? 'ok  ' : 'FAIL'} ${title} (${seconds} s)`)
}

function skip(name: string, { message }: Error): void {
  count.skipped++
  console.log(`skip ${name}: ${message.split('\n')[0]}`)
}

async function tryRun(
  title: string,
  run: () => Promise<readonly RowResult[]>,
  list: Column[] = columns
): Promise<void> {
  const started = performance.now()
  try {
    add(title, await run(), started, list)
  } catch (error) {
    count.failed++
    console.log(`FAIL ${title}: ${(error as Error).message}`)
  }
}

async function runProgram(engine: Engine): Promise<void> {
  let installed
  try {
    installed = await installEngine(engine, download)
  } catch (error) {
    skip(engine.name, error as Error)
    return
  }
  const { name, release } = installed
  const title = `${name.split(' ')[0]} ${release}`
  if (name === 'workerd') {
    await tryRun(title, () => runEngine(installed, bundles.worker))
    return
  }
  await tryRun(title, () => runEngine(installed, bundles.node))
  // what a bundler for pages takes, on the WebCrypto of the engine
  if (!short) await tryRun(`${title}, web build`, () => runEngine(installed, bundles.web))
}

const hermesTitle = 'Hermes, built from source'

async function runHermes(): Promise<void> {
  const path = process.env['RECORDKIT_HERMES']
  if (path === undefined) {
    skip(
      'Hermes',
      new Error('RECORDKIT_HERMES is not set; it is the path of a virtual machine built from the sources of Hermes')
    )
    return
  }
  const bundle = join(scratch, 'hermes.js')
  await bundleForHermes(bundle)
  const hermes = { name: 'Hermes', program: path, path, args: ['-O', '-w'], version: [], release: '' }
  await tryRun(hermesTitle, () => runEngine(hermes, bundle), contextColumns)
}

async function runBrowser(engine: (typeof browsers)[number]): Promise<void> {
  if (findBrowser(engine) === undefined) {
    skip(engine, new Error('it is not installed'))
    return
  }
  await using browser = await openBrowser(engine)
  const title = browser.version.replace('/', ' ').replace('firefox', 'Firefox').replace('MiniBrowser ', '')
  for (const [context, options] of Object.entries(contexts)) {
    if (short && context !== 'page' && engine !== 'chromium') continue
    const program = { entry: programPath('run'), timeout: 300_000, ...options }
    const list = context === 'page' ? columns : contextColumns
    // oxlint-disable-next-line no-await-in-loop -- they would slow each other down
    await tryRun(
      context === 'page' ? title : `${title}, ${context}`,
      async () => (await browser.run(program)) as RowResult[],
      list
    )
  }
}

try {
  await bundleProgram('command-line', 'node', bundles.node)
  await bundleProgram('command-line', 'web', bundles.web)
  await bundleProgram('run', 'web', bundles.worker)
  const old = new Set(['Node 20', 'Node 22'])
  for (const engine of engines) {
    const wanted = only === undefined ? !short || !old.has(engine.name) : engine.name === only
    if (wanted) await runProgram(engine)
  }
  if (only === undefined || only === 'Hermes') await runHermes()
  for (const engine of browsers) if (only === undefined || engine === only) await runBrowser(engine)
} finally {
  await rm(scratch, { recursive: true, force: true })
}

// without WebCrypto there are hundreds of cases that Hermes cannot decide, all for the same reason
const explained = [...columns, ...contextColumns].filter(
  ({ title, results }) => title !== hermesTitle || results.some(({ failed }) => failed > 0)
)
const table = [matrix(columns), totals(contextColumns), reasons(explained)].filter((part) => part !== '').join('\n\n')
console.log(`\n${table}\n\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
if (process.argv.includes('--write')) {
  const path = fileURLToPath(new URL('../../../../docs/runtimes.md', import.meta.url))
  const [head = '', tail = ''] = (await readFile(path, 'utf8')).split(/<!-- runtimes -->[^]*<!-- \/runtimes -->/)
  await writeFile(path, `${head}<!-- runtimes -->\n${table}\n<!-- /runtimes -->${tail}`)
}
process.exitCode = count.failed === 0 ? 0 : 1
