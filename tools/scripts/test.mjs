// Runs all checks for a commit: types, lint, format, layers, packages, sizes, and all tests in Node and in Chromium. Continues
// after a failure, and prints the counts at the end.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBrowser } from '../testing/src/browsers/find-browser.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'recordkit-test-'))
const count = { passed: 0, failed: 0, skipped: 0 }
const failures = []

/** on Windows the programs of packages are scripts, which only a shell runs */
const shell = process.platform === 'win32'
const quoted = (text) => (/\s/.test(text) ? `"${text}"` : text)

/** Runs a command and never rejects. @returns its exit code and, unless `stdio` is set, its output */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, shell ? args.map(quoted) : args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell,
      ...options
    })
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk) => (output += chunk))
    child.stderr?.setEncoding('utf8').on('data', (chunk) => (output += chunk))
    child.on('error', (error) => resolve({ status: 1, output: `${output}${error.message}` }))
    child.on('close', (status) => resolve({ status, output }))
  })
}

function failed(title, output, seconds = '') {
  count.failed++
  failures.push(title)
  console.log(`FAIL ${title}${seconds}\n${output}`.trimEnd())
}

/** Runs one check: a command that must exit with 0. Its output is printed only when it does not. */
async function check(title, args) {
  const started = performance.now()
  const { status, output } = await run('pnpm', ['exec', ...args])
  const seconds = ` (${((performance.now() - started) / 1000).toFixed(1)} s)`
  if (status !== 0) {
    failed(title, output, seconds)
    return
  }
  count.passed++
  console.log(`ok   ${title}${seconds}`)
}

/** Checks the dependencies of the packages for known advisories. Skipped when the registry does not provide advisories. */
async function audit() {
  const { status, output } = await run('pnpm', ['audit', '--prod', '--audit-level', 'low'])
  if (status === 0) {
    console.log('ok   advisories')
    count.passed++
  } else if (/ERR_PNPM_AUDIT|ENOTFOUND|ECONNREFUSED|ETIMEDOUT/.test(output)) {
    console.log('skip advisories: the registry does not provide them')
    count.skipped++
  } else failed('advisories', output)
}

/** Packs a package and checks what users would install. */
async function checkPackage(name) {
  const folder = join(scratch, name)
  mkdirSync(folder)
  const { output } = await run('pnpm', ['pack', '--pack-destination', folder], { cwd: join(root, 'packages', name) })
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'))
  if (tarball === undefined) {
    failed(`pack ${name}`, output)
    return
  }
  await check(`package ${name}: publint`, ['publint', '--strict', join(folder, tarball)])
  await check(`package ${name}: types for consumers`, ['attw', '--profile', 'esm-only', join(folder, tarball)])
}

/** Runs the tasks, one per core at a time. */
async function runAll(tasks) {
  const waiting = [...tasks]
  const work = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) await task()
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
}

/** Runs the tests of all vitest projects in one run, so that they share the cores, and adds the counts of its report. */
async function tests() {
  const report = join(scratch, 'tests.json')
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`]
  const { status } = await run('pnpm', ['exec', 'vitest', 'run', ...reporters], { stdio: 'inherit' })
  const counted = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined
  count.passed += counted?.numPassedTests ?? 0
  count.failed += counted?.numFailedTests ?? 0
  count.skipped += (counted?.numPendingTests ?? 0) + (counted?.numTodoTests ?? 0)
  if (status === 0) return
  // a run can fail without a failed test
  if ((counted?.numFailedTests ?? 0) === 0) count.failed++
  failures.push('tests')
}

/** Runs the interoperability matrix and adds its cells. Unsupported cells count as skipped. */
function interop() {
  const { status, stdout } = spawnSync(process.execPath, ['tools/interop/src/index.ts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28
  })
  const summary = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(stdout)
  console.log(stdout.replace(summary?.[0] ?? '', '').trimEnd())
  count.passed += Number(summary?.[1] ?? 0)
  count.failed += Number(summary?.[2] ?? 1)
  count.skipped += Number(summary?.[3] ?? 0)
  if (status !== 0) failures.push('interop')
}

/** Longer suites with the arguments of a short run. */
const suites = [
  ['attack', '--short'],
  ['fuzz', '--inputs', '200000'],
  ['broken-stores'],
  ['sizes'],
  ['model'],
  ['postgres'],
  ['fleet', '--minutes', '1'],
  ['operators-day'],
  ['partition', '--seconds', '3'],
  ['soak', '--minutes', '1'],
  ['browsers', '--short'],
  ['inspector'],
  ['runtimes', '--short'],
  ['site'],
  ['consumers', '--short'],
  ['release', '--dry']
]

/** Runs one of the suites and adds the counts that it prints, or one check when it prints none. Its output is printed only when it fails. */
async function suite([command, ...args]) {
  const started = performance.now()
  const { status, output } = await run('node', ['tools/scripts/run.mjs', command, ...args])
  const summary = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(output)
  const [passed, failedCount, skipped] = (summary?.slice(1) ?? [status === 0 ? 1 : 0, 0, 0]).map(Number)
  count.passed += passed
  count.failed += failedCount
  count.skipped += skipped
  const title = [command, ...args].join(' ')
  const seconds = ` (${((performance.now() - started) / 1000).toFixed(0)} s)`
  const skip = /^skip .*$/m.exec(output)?.[0]
  if (status === 0 && passed === 0 && skip !== undefined) console.log(skip)
  else if (status === 0 && failedCount === 0) console.log(`ok   ${title}${seconds}`)
  else {
    if (failedCount === 0) count.failed++
    failures.push(title)
    console.log(`FAIL ${title}${seconds}\n${output}`.trimEnd())
  }
}

const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json'))
)

// packages are packed from this build, and some tests run it
await check('types', ['tsc', '-b'])
await runAll([
  () => check('lint', ['oxlint', '--type-aware', '--max-warnings=0']),
  () => check('unused files, exports and dependencies', ['knip', '--no-config-hints']),
  ...packages.map((name) => () => checkPackage(name)),
  () => check('format', ['oxfmt', '--check', '.']),
  () => check('layers: turbo boundaries', ['turbo', 'boundaries']),
  () => check('API reports', ['node', 'tools/release/src/api/index.ts', '--check']),
  audit
])

if (!process.argv.includes('--checks-only')) {
  // without a browser, vitest.config.ts leaves its project out
  if (findBrowser('chromium') === undefined) {
    console.log('skip Chromium: not found; install it or set CHROMIUM_PATH. Its tests count as one skip')
    count.skipped++
  }
  await tests()
}

if (process.argv.includes('--interop')) interop()
if (process.argv.includes('--suites')) for (const one of suites) await suite(one)

rmSync(scratch, { recursive: true, force: true })
if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`)
console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exit(count.failed === 0 ? 0 : 1)
