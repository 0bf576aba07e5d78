// Runs all checks for a commit: types, lint, format, layers, packages, sizes, and all tests in Node and in Chromium. Continues
// after a failure, and prints the counts at the end.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'recordkit-test-'))
const count = { passed: 0, failed: 0, skipped: 0 }
const failures = []

function run(args, options = {}) {
  return spawnSync('pnpm', ['exec', ...args], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, ...options })
}

/** Runs one check: a command that must exit with 0. Its output is printed only when it does not. */
function check(title, args, options) {
  const started = performance.now()
  const { status, stdout, stderr } = run(args, options)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${title} (${seconds} s)`)
  if (status === 0) {
    count.passed++
    return
  }
  count.failed++
  failures.push(title)
  console.log(`${stdout}${stderr}`.trimEnd())
}

/** Checks the dependencies of the packages for known advisories. Skipped when the registry does not provide advisories. */
function audit() {
  const { status, stdout, stderr } = spawnSync('pnpm', ['audit', '--prod', '--audit-level', 'low'], {
    cwd: root,
    encoding: 'utf8'
  })
  if (status === 0) {
    console.log('ok   advisories')
    count.passed++
  } else if (/ERR_PNPM_AUDIT|ENOTFOUND|ECONNREFUSED|ETIMEDOUT/.test(stdout + stderr)) {
    console.log('skip advisories: the registry does not provide them')
    count.skipped++
  } else {
    console.log(`FAIL advisories\n${stdout}${stderr}`)
    count.failed++
    failures.push('advisories')
  }
}

/** Runs all tests of one vitest project and adds the counts of its report. Projects run one after another, as they share the cores. */
function testIn(project) {
  const report = join(scratch, `${project}.json`)
  const args = [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`
  ]
  const { status } = run(args, { stdio: 'inherit' })
  const counted = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined
  count.passed += counted?.numPassedTests ?? 0
  count.failed += counted?.numFailedTests ?? 0
  count.skipped += (counted?.numPendingTests ?? 0) + (counted?.numTodoTests ?? 0)
  if (status === 0) return
  // a run can fail without a failed test
  if ((counted?.numFailedTests ?? 0) === 0) count.failed++
  failures.push(`tests in ${project}`)
}

/** Runs the interoperability matrix and adds its cells. Unsupported cells count as skipped. */
function interop() {
  const { status, stdout } = spawnSync('node', ['tools/interop/src/index.ts'], {
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

const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json'))
)

check('types', ['tsc', '-b'])
check('lint', ['oxlint', '--type-aware', '--max-warnings=0'])
check('format', ['oxfmt', '--check', '.'])
check('layers: turbo boundaries', ['turbo', 'boundaries'])
audit()
check('unused files, exports and dependencies', ['knip', '--no-config-hints'])
for (const name of packages) {
  const folder = join(root, 'packages', name)
  const packed = spawnSync('pnpm', ['pack', '--pack-destination', scratch], { cwd: folder, encoding: 'utf8' })
  const tarball = readdirSync(scratch).find((file) => file.startsWith(`recordkit-${name}-`) && file.endsWith('.tgz'))
  if (tarball === undefined) {
    count.failed++
    failures.push(`pack ${name}`)
    console.log(`FAIL pack ${name}\n${packed.stdout}${packed.stderr}`)
    continue
  }
  check(`package ${name}: publint`, ['publint', '--strict', join(scratch, tarball)])
  check(`package ${name}: types for consumers`, ['attw', '--profile', 'esm-only', join(scratch, tarball)])
}

if (!process.argv.includes('--checks-only')) {
  testIn('node')
  const paths = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  if (paths.some((path) => path !== undefined && existsSync(path))) testIn('chromium')
  else {
    console.log('skip Chromium: not found; install it or set CHROMIUM_PATH. Its tests count as one skip')
    count.skipped++
  }
}

if (process.argv.includes('--interop')) interop()

rmSync(scratch, { recursive: true, force: true })
if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`)
console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exit(count.failed === 0 ? 0 : 1)
