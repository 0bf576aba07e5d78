// `npm run mutation -- record-validators [file …]`: changes the package one place at a time and runs the tests that reach it.
// Takes some tens of minutes a package; STRYKER_CONCURRENCY says how many processes. Where MUTATION_KEEP names a file, what
// was seen is kept there, and later runs try only what was not seen or has changed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { scoreOf } from './report.ts'
import type { MutationReport } from './report.ts'

const [name, ...files] = process.argv.slice(2)
if (name === undefined) throw new Error('name a package, such as record-codec')
const root = fileURLToPath(new URL('../../../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'recordkit-mutation-'))
const report = join(folder, 'report.json')
const require = createRequire(import.meta.url)
const stryker = join(require.resolve('@stryker-mutator/core/package.json'), '..', 'bin', 'stryker.js')
const { status } = spawnSync(process.execPath, [stryker, 'run', 'tools/fuzz/src/mutation/stryker.config.mjs'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, MUTATION_PACKAGE: name, MUTATION_FILES: files.join(','), MUTATION_FOLDER: folder }
})
const { seen, all, unseen } = scoreOf(JSON.parse(readFileSync(report, 'utf8')) as MutationReport)
rmSync(folder, { recursive: true, force: true })
for (const line of unseen) console.log(line)
console.log(`\n${name}: ${seen} of ${all} changes were seen, ${((100 * seen) / all).toFixed(1)} %; sentences left out`)
process.exit(status ?? 1)
