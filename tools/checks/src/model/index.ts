// `npm run model`: goes through every state of docs/spec/store-put.pml, sound and broken on purpose, and fails when a sound one
// has an error or a broken one has none.
import { spawnSync } from 'node:child_process'
import { check, has } from './spin.ts'

const sound = 'holds'
const broken = 'is to be found broken'

const runs: readonly { readonly title: string; readonly defines: readonly string[]; readonly expected: string }[] = [
  { title: 'one store, two managers: no record is replaced by an older one', defines: [], expected: sound },
  { title: '… without marks', defines: ['NO_MARK'], expected: broken },
  { title: '… without comparing before writing', defines: ['NO_COMPARE'], expected: broken },
  { title: '… record and mark in two writes', defines: ['TORN'], expected: broken },
  { title: 'two stores: who has seen the same records agrees', defines: ['AGREE'], expected: sound },
  { title: '… without marks', defines: ['AGREE', 'NO_MARK'], expected: broken },
  { title: '… marks that end before an older record does', defines: ['AGREE', 'SHORT_MARKS'], expected: broken },
  { title: '… a rank that leaves out the expiry', defines: ['AGREE', 'EXPIRY_NOT_IN_RANK'], expected: broken }
]

if (!has('spin', 'gcc') && process.getuid?.() === 0) {
  console.log('Installing spin and gcc …')
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'spin', 'gcc', 'libc6-dev'], {
    stdio: 'ignore'
  })
}
if (!has('spin', 'gcc')) {
  console.error('the model needs spin 6 and gcc: on Debian, apt-get install spin gcc')
  process.exit(2)
}

let failed = 0
for (const { title, defines, expected } of runs) {
  const { states, errors, seconds } = check(defines)
  const held = (errors === 0) === (expected === sound)
  if (!held) failed++
  const found = errors === 0 ? 'holds' : 'broken, as spin found'
  console.log(`${held ? 'ok  ' : 'FAIL'} ${title}: ${found}; ${states} states, ${seconds.toFixed(1)} s`)
}
process.exit(failed === 0 ? 0 : 1)
