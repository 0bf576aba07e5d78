// `npm run site`: builds the documentation site into tools/site/dist/html from the Markdown files of the repository and the sources of the
// packages, and checks every link in it. `-- --no-api` leaves out the API reference, which takes most of the time. `-- --serve` shows it.
import { execFileSync } from 'node:child_process'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build, serve } from 'vitepress'
import { writeApi } from './api.ts'
import { checkBuiltLinks } from './built-links.ts'
import { linkProblems } from './links.ts'
import { pages, repository } from './pages.ts'
import { stagePages } from './stage.ts'

const { values } = parseArgs({
  options: { 'no-api': { type: 'boolean', default: false }, serve: { type: 'boolean', default: false } }
})
const site = join(repository, 'docs', 'site')
const output = join(repository, 'tools', 'site', 'dist')
const html = join(output, 'html')
const started = performance.now()
const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(0)} s`

const sources = pages.flatMap(({ source }) => linkProblems(source).map((problem) => `${source}: ${problem}`))
stagePages(join(output, 'pages'))
if (!values['no-api']) await writeApi(join(output, 'pages', 'api'))
await build(site)
execFileSync(process.execPath, [join(site, 'inspector', 'build', 'index.ts'), join(html, 'inspector')], {
  stdio: ['ignore', 'ignore', 'inherit']
})

const { links, problems } = checkBuiltLinks(html)
const wrong = [...sources, ...problems].filter((problem) => !(values['no-api'] && problem.includes('/api/')))
for (const problem of wrong) console.log(problem)
const files = globSync('**/*', { cwd: html, withFileTypes: true }).filter((file) => file.isFile())
const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
const built = globSync('**/*.html', { cwd: html }).length
console.log(`${built} pages, ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB, ${links} links, ${seconds()}`)
console.log(`\n${built + links - wrong.length} passed, ${wrong.length} failed, 0 skipped`)
process.exitCode = wrong.length === 0 ? 0 : 1
if (values.serve) await serve({ root: site, port: 4173 })
