// `npm run mutation -- record-validators [file …]`: mutates the package in one place at a time and runs the tests that cover it.
// Takes some tens of minutes per package. STRYKER_CONCURRENCY is the number of processes. With MUTATION_KEEP, the path of
// a file, results are saved there, and later runs test only mutants that survived or have changed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { scoreOf } from './report.ts'
import type { MutationReport } from './report.ts'

const [name, ...files] = process.argv.slice(2)
if (name === undefined) throw new Error('the name of a package is missing, such as record-codec')
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
const { killed, all, survived } = scoreOf(JSON.parse(readFileSync(report, 'utf8')) as MutationReport)
rmSync(folder, { recursive: true, force: true })
for (const line of survived) console.log(line)
console.log(
  `\n${name}: ${killed} of ${all} mutants were killed, ${((100 * killed) / all).toFixed(1)} %; texts of messages are ignored`
)
process.exit(status ?? 1)
