// `npm run consumers`: publishes all packages to a registry on loopback and uses them as users do: installed alone and in pairs,
// type-checked, bundled and run in browsers, and in whole applications. `-- --short` leaves out what is slow: most bundlers for all but
// one program, most applications, old compilers, other libraries. `-- --only text` runs those whose title contains the text. Only the
// whole run writes docs/consumers.md.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { applications } from './applications.ts'
import type { Application } from './applications.ts'
import { bundle, bundlers } from './bundlers.ts'
import { openBrowsers } from './browsers.ts'
import { coldImports } from './cold-import.ts'
import { compilers } from './compilers.ts'
import { importMap } from './import-map.ts'
import { onOldestNode } from './oldest-node.ts'
import { imported, required, typed, uses, widest, wrapped } from './programs.ts'
import type { Use } from './programs.ts'
import { Project } from './projects.ts'
import { publishPackages, startRegistry } from './registry.ts'

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, short: { type: 'boolean', default: false } }
})
const { only, short } = values
const started = performance.now()
const folder = await mkdtemp(join(tmpdir(), 'recordkit-consumers-'))
const root = new URL('../../../../', import.meta.url)
const projects = readdirSync(new URL('packages/', root)).map((name) => `packages/${name}`)
execFileSync('pnpm', ['exec', 'tsc', '-b', ...projects], {
  cwd: root,
  stdio: 'inherit',
  shell: process.platform === 'win32'
})
await using registry = await startRegistry(join(folder, 'registry'))
await publishPackages(registry)
await using browsers = await openBrowsers(short ? ['chromium'] : ['chromium', 'firefox'])
const count = { passed: 0, failed: 0, skipped: browsers.missing.length }
const seconds = new Map<string, number>()

/** Runs a step and counts it and its time. @returns the text of its cell */
async function step(title: string, column: string, work: () => Promise<unknown>): Promise<string> {
  const begun = performance.now()
  try {
    await work()
    count.passed++
    return 'ok'
  } catch (error) {
    count.failed++
    const { message = String(error), stdout = '' } = error as Partial<Error> & { stdout?: string }
    console.log(`FAIL ${title}, ${column}: ${message.slice(0, 600)}\n${stdout.slice(-2000)}`.trimEnd())
    return 'FAIL'
  } finally {
    seconds.set(column, (seconds.get(column) ?? 0) + (performance.now() - begun) / 1000)
  }
}

async function expectOk(output: Promise<string>): Promise<void> {
  const text = await output
  if (text !== 'ok') throw new Error(`the program printed "${text}"; expected "ok"`)
}

async function installed(name: string, packages: readonly string[]): Promise<[Project, size: string]> {
  const project = new Project(join(folder, name), registry.url)
  await project.install(packages)
  const { packages: number, bytes } = await project.installed()
  return [project, `${number}, ${(bytes / 1000).toFixed(0)} kB`]
}

/** All columns of one program. */
async function row(use: Use, name: string): Promise<string> {
  const [project, size] = await installed(name, [...use.packages, ...(use.others ?? [])])
  await project.write('program.mjs', imported(use))
  await project.write('wrapped.mjs', wrapped(use))
  await project.write('program.cjs', required(use))
  await project.write('program.ts', imported(use))
  await project.write('types.ts', typed(use))
  const cells = [
    await step(use.title, 'import', () => expectOk(project.run(process.execPath, 'program.mjs'))),
    await step(use.title, 'require', () => expectOk(project.run(process.execPath, 'program.cjs')))
  ]
  if (use.nodeTypes === true) await project.add('@types/node@24')
  for (const compiler of compilers) {
    const wanted = (compiler.dom || use.domTypes !== true) && (!short || compiler.short || use.title === widest)
    const types = use.nodeTypes === true ? ['node'] : []
    const check = (): Promise<void> => compiler.check(project, types)
    cells.push(wanted ? await step(use.title, compiler.title, check) : '')
  }
  for (const bundler of bundlers) {
    const wanted = use.page === true && (!short || bundler.title === 'esbuild' || use.title === widest)
    const run = async (): Promise<void> => {
      const program = await readFile(await bundle(bundler, project), 'utf8')
      for (const browser of browsers.open) await expectOk(browser.run(program))
    }
    cells.push(wanted ? await step(use.title, bundler.title, run) : '')
  }
  const others = short || use.alternatives === undefined ? [] : use.alternatives
  const [, otherSize = ''] = others.length === 0 ? [] : await installed(`${name}-alternatives`, others)
  return `| ${[use.title, ...cells, size, otherSize, others.join(', ')].join(' | ')} |`
}

/** An application of all programs that run in a page. */
async function application({ title, tools, leavesOut, run }: Application, name: string): Promise<string> {
  const programs = uses.filter((use) => use.page === true && leavesOut?.(use) !== true)
  const packages = programs.flatMap(({ packages: own, others = [] }) => [...own, ...others])
  const result = await step('all programs', title, async () => {
    const [project] = await installed(name, [...new Set(packages), ...tools])
    await run(project, programs, browsers.open[0])
  })
  return `| ${title} | ${result} | ${programs.length} |`
}

/** Measures the import of a validator in a new process, next to that of `ipns`. */
async function coldImport(): Promise<string> {
  const [verifier] = await installed('cold', ['@recordkit/record-validators'])
  const [validator] = await installed('cold-ipns', ['ipns'])
  const [ours = 0, theirs = 0] = await coldImports([
    [verifier, `import { ipns, ValidationEngine } from '@recordkit/record-validators'`],
    [validator, `import { ipnsValidator } from 'ipns/validator'`]
  ])
  return `In a new process, the import of the IPNS validator takes ${ours.toFixed(0)} ms more than an empty module; that of \`ipns\` takes ${theirs.toFixed(0)} ms: a ratio of ${(ours / theirs).toFixed(2)} (target: 0.1).`
}

/** Replaces what is between the comments that name a part of a page. */
function replacePart(text: string, name: string, part: string): string {
  const [head = '', tail = ''] = text.split(new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`))
  return `${head}<!-- ${name} -->\n${part}\n<!-- /${name} -->${tail}`
}

/** Runs work and prints its result and time. */
async function timed(work: () => Promise<string>): Promise<string> {
  const begun = performance.now()
  const line = await work()
  console.log(`${line} (${((performance.now() - begun) / 1000).toFixed(1)} s)`)
  return line
}

async function inTurn<T>(items: readonly T[], work: (item: T, index: number) => Promise<string>): Promise<string[]> {
  const lines: string[] = []
  // oxlint-disable-next-line no-await-in-loop -- they would slow each other down
  for (const [index, item] of items.entries()) lines.push(await timed(() => work(item, index)))
  return lines
}

const includes = ({ title }: { readonly title: string }): boolean => title.toLowerCase().includes(only.toLowerCase())
const rows = await inTurn(uses.filter(includes), (use, index) => row(use, `use-${index}`))
const wantedApplications = [...applications, onOldestNode].filter(
  (one) => includes(one) && (!short || one.short === true)
)
const applied = await inTurn(wantedApplications, (one, index) => application(one, `application-${index}`))

const columns = [
  'installed',
  'import',
  'require',
  ...compilers.map(({ title }) => title),
  ...bundlers.map(({ title }) => title),
  'packages, size',
  'alternatives: packages, size',
  'alternatives'
]
const table = (names: readonly string[], lines: readonly string[]): string =>
  [`| ${names.join(' | ')} |`, `|${' --- |'.repeat(names.length)}`, ...lines].join('\n')

console.log(`\n${[...seconds].map(([column, time]) => `${column}: ${time.toFixed(1)} s`).join('\n')}`)
if (only === '' && !short) {
  const ran = `Bundles ran in ${browsers.open.map(({ version }) => version).join(' and ') || 'no browser'}; Node ${process.version}.`
  const page = new URL('docs/consumers.md', root)
  const parts = [
    ran,
    table(columns, rows),
    table(['application', 'result', 'programs'], applied),
    await timed(coldImport)
  ].join('\n\n')
  const [verifier] = await installed('import-map', ['@recordkit/record-crypto'])
  const json = JSON.stringify(await importMap(verifier), undefined, 2)
  const map = `<details><summary>import map</summary>\n\n\`\`\`json\n${json}\n\`\`\`\n\n</details>`
  const text = await readFile(page, 'utf8')
  await writeFile(page, replacePart(replacePart(text, 'consumers', parts), 'import map', map))
}
await rm(folder, { recursive: true, force: true })
for (const missing of browsers.missing) console.log(`skip ${missing}: not found`)
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`)
console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = count.failed === 0 ? 0 : 1
