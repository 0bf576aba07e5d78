// The entry point of `npm start`, `npm test` and the other commands: installs Node 24 and pnpm into .tools, installs the workspace
// and runs the command. Needs only Node 20 or newer and npm.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const tools = join(root, '.tools')
const bin = join(tools, 'node_modules', '.bin')
const stamp = join(tools, 'installed')
const environment = { ...process.env, PATH: bin + delimiter + process.env.PATH, TURBO_TELEMETRY_DISABLED: '1' }

const commands = {
  start: ['node', ['examples/quick-start/src/index.ts']],
  test: ['node', ['tools/scripts/test.mjs']],
  build: ['pnpm', ['exec', 'turbo', 'run', 'build']],
  check: ['node', ['tools/scripts/test.mjs', '--checks-only']],
  format: ['pnpm', ['exec', 'oxfmt', '.']],
  interop: ['node', ['tools/interop/src/index.ts']],
  bench: ['node', ['tools/bench/src/index.ts']],
  simulate: ['node', ['tools/bench/src/network/simulate.ts']],
  growth: ['node', ['--expose-gc', 'tools/bench/src/growth.ts']],
  consumers: ['node', ['tools/checks/src/consumers/index.ts']],
  browsers: ['node', ['tools/checks/src/browsers/index.ts']],
  inspector: ['node', ['docs/site/inspector/test/engines/index.ts']],
  runtimes: ['node', ['tools/checks/src/runtimes/index.ts']],
  fuzz: ['node', ['--disable-warning=ExperimentalWarning', 'tools/fuzz/src/index.ts']],
  attack: ['node', ['--expose-gc', 'tools/attack/src/index.ts']],
  bounds: ['node', ['tools/attack/src/bounds/index.ts']],
  mutation: ['node', ['tools/fuzz/src/mutation/index.ts']],
  soak: ['node', ['tools/attack/src/soak/index.ts']],
  fleet: ['node', ['tools/attack/src/fleet/index.ts']],
  partition: ['node', ['tools/attack/src/soak/partition.ts']],
  load: ['node', ['tools/bench/src/load/index.ts']],
  'operators-day': ['node', ['tools/checks/src/operators-day/index.ts']],
  year: ['node', ['tools/attack/src/year/index.ts']],
  'broken-stores': [
    'pnpm',
    ['exec', 'vitest', 'run', '--project', 'node', 'packages/record-conformance/test/broken-stores.node.test.ts'],
    { ALL_CASES: '1' }
  ],
  sizes: [
    'pnpm',
    ['exec', 'vitest', 'run', '--project', 'node', 'tools/checks/test/sizes.node.test.ts'],
    { ALL_CASES: '1' }
  ],
  postgres: ['pnpm', ['--filter', '@recordkit/store-postgres', 'run', 'server']],
  model: ['node', ['tools/checks/src/model/index.ts']],
  release: ['node', ['tools/release/src/index.ts']],
  site: ['node', ['tools/site/src/index.ts']],
  api: ['node', ['tools/release/src/api/index.ts']],
  timing: ['node', ['--expose-gc', 'tools/bench/src/timing/index.ts']],
  recordkit: ['node', [join(root, 'packages/record-cli/src/main.node.ts')]]
}

function run(command, args, quiet = false) {
  const result = spawnSync(command, args, {
    cwd: root,
    env: environment,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    shell: process.platform === 'win32'
  })
  if (result.error !== undefined) throw result.error
  if (quiet && result.status !== 0) process.stderr.write(`${result.stdout}${result.stderr}`)
  if (result.status !== 0) process.exit(result.status ?? 1)
}

const name = process.argv[2] ?? ''
if (!Object.hasOwn(commands, name)) {
  console.error(`unknown command "${name}"; expected one of: ${Object.keys(commands).join(', ')}`)
  process.exit(2)
}

if (!existsSync(join(bin, 'pnpm')) || !existsSync(join(bin, 'node'))) {
  console.error('Installing Node 24 and pnpm 12 into .tools …')
  mkdirSync(tools, { recursive: true })
  run(
    'npm',
    [
      'install',
      '--no-save',
      '--no-package-lock',
      '--no-fund',
      '--no-audit',
      '--prefix',
      '.tools',
      'node@24',
      'pnpm@12'
    ],
    true
  )
}
const lock = join(root, 'pnpm-lock.yaml')
const wanted = existsSync(lock) ? readFileSync(lock, 'utf8').length + ':' + statSync(lock).mtimeMs : ''
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted || !existsSync(join(root, 'node_modules'))) {
  console.error('Installing the workspace …')
  run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=silent'], true)
  writeFileSync(stamp, wanted)
}

const [command, args, variables = {}] = commands[name]
const given = [...args, ...process.argv.slice(3)]
if (name === 'recordkit') {
  // runs in the folder of the user, whose paths it gets; ctrl-C is for the program, which ends by itself
  const child = spawn(command, given, {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    env: environment,
    stdio: 'inherit'
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`cannot run ${command}: ${error.message}`)
    process.exitCode = 3
  })
  child.on('exit', (status) => (process.exitCode = status ?? 3))
} else {
  Object.assign(environment, variables)
  run(command, given)
}
