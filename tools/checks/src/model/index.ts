// `npm run model`: checks every state of the model docs/spec/store-put.pml and of variants that are broken on purpose. Fails when
// the model has an error or a broken variant has none.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { check, has } from './spin.ts'

const sound = 'sound'
const broken = 'broken'

const runs: readonly {
  readonly title: string
  readonly defines: readonly string[]
  readonly expected: 'sound' | 'broken'
}[] = [
  { title: 'one store, two managers: no record is replaced by an older one', defines: [], expected: sound },
  { title: '… without marks', defines: ['NO_MARK'], expected: broken },
  { title: '… without comparing before writing', defines: ['NO_COMPARE'], expected: broken },
  { title: '… record and mark in two writes', defines: ['TORN'], expected: broken },
  { title: '… puts that ignore their condition', defines: ['NO_CONDITION'], expected: broken },
  { title: 'one store with publications: a touch never creates an entry', defines: ['PUBLICATIONS'], expected: sound },
  { title: '… a touch that creates one', defines: ['PUBLICATIONS', 'TOUCH_CREATES'], expected: broken },
  {
    title: '… without comparing before writing',
    defines: ['PUBLICATIONS', 'NO_COMPARE'],
    expected: broken
  },
  { title: 'two stores: stores that received the same records agree', defines: ['AGREE'], expected: sound },
  { title: '… without marks', defines: ['AGREE', 'NO_MARK'], expected: broken },
  { title: '… marks that expire before an older record', defines: ['AGREE', 'SHORT_MARKS'], expected: broken },
  { title: '… ranks without the identity', defines: ['AGREE', 'NO_IDENTITY'], expected: broken }
]

if (!has('spin', 'gcc') && process.getuid?.() === 0) {
  console.log('Installing spin and gcc …')
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'spin', 'gcc', 'libc6-dev'], {
    stdio: 'ignore'
  })
}
if (!has('spin', 'gcc')) {
  console.error('spin 6 and gcc are missing; on Debian: apt-get install spin gcc')
  process.exit(2)
}

let failed = 0
for (const { title, defines, expected } of runs) {
  const { states, errors, seconds } = check(defines)
  const result = errors === 0 ? sound : broken
  const ok = result === expected
  if (!ok) failed++
  console.log(
    `${ok ? 'ok  ' : 'FAIL'} ${title}: ${result}, expected ${expected}; ${states} states, ${seconds.toFixed(1)} s`
  )
}

// two stores of the code, step by step beside the model, with every pair of operations
const test = fileURLToPath(new URL('../../test/model.node.test.ts', import.meta.url))
const root = fileURLToPath(new URL('../../../..', import.meta.url))
const args = ['exec', 'vitest', 'run', '--project', 'node', test]
const options = { cwd: root, env: { ...process.env, ALL_CASES: '1' }, stdio: 'inherit' } as const
const { status } = spawnSync('pnpm', args, { ...options, shell: process.platform === 'win32' })
process.exit(failed === 0 && status === 0 ? 0 : 1)
