// `npm run consumers`: publishes all packages to a registry on loopback and uses them as users do: installed alone and in pairs,
// type-checked by three compilers, bundled by four bundlers and run in two browsers. Takes minutes. `-- --only text` runs those
// whose title contains the text, `-- --bundlers esbuild` some bundlers; both leave docs/consumers.md unchanged.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundlers } from './bundlers.ts'
import { openBrowsers } from './browsers.ts'
import { coldImports } from './cold-import.ts'
import { compilers } from './compilers.ts'
import { imported, required, uses } from './programs.ts'
import { Project } from './projects.ts'
import { startRegistry } from './registry.ts'

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, bundlers: { type: 'string', default: '' } }
})
const partial = values.only !== '' || values.bundlers !== ''
const folder = await mkdtemp(join(tmpdir(), 'recordkit-consumers-'))
const root = new URL('../../../../', import.meta.url)
const projects = readdirSync(new URL('packages/', root)).map((name) => `packages/${name}`)
execFileSync('pnpm', ['exec', 'tsc', '-b', ...projects], { cwd: root, stdio: 'inherit' })
await using registry = await startRegistry(join(folder, 'registry'))
await using browsers = await openBrowsers()
const count = { passed: 0, failed: 0, skipped: browsers.missing.length }

/** Runs a step and counts it. @returns the text of its cell */
async function step(title: string, work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    count.passed++
    return 'ok'
  } catch (error) {
    count.failed++
    console.log(`FAIL ${title}: ${(error instanceof Error ? error.message : String(error)).slice(0, 600)}`)
    return 'FAIL'
  }
}

async function expectOk(output: Promise<string>): Promise<void> {
  const text = await output
  if (text !== 'ok') throw new Error(`the program printed "${text}"; expected "ok"`)
}

async function size(dependencies: readonly string[], name: string): Promise<string> {
  const project = new Project(join(folder, name), registry.url)
  await project.install(dependencies)
  const { packages, bytes } = await project.installed()
  return `${packages}, ${(bytes / 1000).toFixed(0)} kB`
}

const rows: string[] = []
for (const [index, use] of uses.entries()) {
  if (!use.title.includes(values.only)) continue
  const name = `use-${index}`
  const project = new Project(join(folder, name), registry.url)
  await project.install([...use.packages, ...(use.others ?? [])])
  const { packages, bytes } = await project.installed()
  if (use.nodeTypes === true) await project.run('npm', 'install', '--no-save', '@types/node@24')
  await project.write('program.mjs', imported(use))
  await project.write('program.cjs', required(use))
  await project.write('program.ts', imported(use))
  const cells = [
    await step(`${use.title}, import`, () => expectOk(project.run(process.execPath, 'program.mjs'))),
    await step(`${use.title}, require`, () => expectOk(project.run(process.execPath, 'program.cjs')))
  ]
  for (const compiler of compilers) {
    cells.push(
      await step(`${use.title}, ${compiler.title}`, () =>
        compiler.check(project, use.nodeTypes === true ? ['node'] : [])
      )
    )
  }
  for (const bundler of bundlers) {
    if (use.page !== true || !bundler.title.toLowerCase().includes(values.bundlers.toLowerCase())) {
      cells.push('')
      continue
    }
    const title = `${use.title}, ${bundler.title}`
    cells.push(
      await step(title, async () => {
        const bundle = await bundler.bundle(project)
        for (const browser of browsers.open) await expectOk(browser.run(await readFile(bundle, 'utf8')))
      })
    )
  }
  const alternatives = use.alternatives?.join(', ') ?? ''
  const alternativeSize = use.alternatives === undefined ? '' : await size(use.alternatives, `${name}-alternatives`)
  rows.push(
    `| ${[use.title, ...cells, `${packages}, ${(bytes / 1000).toFixed(0)} kB`, alternativeSize, alternatives].join(' | ')} |`
  )
  console.log(rows.at(-1))
}

const [verifier, validator] = [
  new Project(join(folder, 'cold'), registry.url),
  new Project(join(folder, 'cold-ipns'), registry.url)
]
await verifier.install(['@recordkit/record-validators'])
await validator.install(['ipns'])
const [ours = 0, theirs = 0] = await coldImports([
  [verifier, `import { ipns, ValidationEngine } from '@recordkit/record-validators'`],
  [validator, `import { ipnsValidator } from 'ipns/validator'`]
])
const cold = `In a new process, the import of the IPNS validator takes ${ours.toFixed(0)} ms more than an empty module; that of \`ipns\` takes ${theirs.toFixed(0)} ms: a ratio of ${(ours / theirs).toFixed(2)} (target: 0.1).`
console.log(cold)

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
const table = [`| ${columns.join(' | ')} |`, `|${' --- |'.repeat(columns.length)}`, ...rows].join('\n')
const page = new URL('docs/consumers.md', root)
const ran = `Bundles ran in ${browsers.open.map(({ version }) => version).join(' and ') || 'no browser'}; Node ${process.version}.`
const text = await readFile(page, 'utf8')
if (!partial) {
  await writeFile(
    page,
    text.replace(
      /<!-- consumers -->[\s\S]*<!-- \/consumers -->/,
      `<!-- consumers -->\n${ran}\n\n${table}\n\n${cold}\n<!-- /consumers -->`
    )
  )
}
await rm(folder, { recursive: true, force: true })
for (const missing of browsers.missing) console.log(`skip ${missing}: not found`)
console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = count.failed === 0 ? 0 : 1
