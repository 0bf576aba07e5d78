// `npm run partition -- --seconds 5`: ten nodes in processes of their own, each in a network namespace where that is possible, cut
// in two for a while and written to on both sides. Afterwards all must hold the same.
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Fleet } from './fleet.ts'
import { Namespaces } from './namespaces.ts'
import { twoHalves } from './two-halves.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    nodes: { type: 'string', default: '10' },
    /** cut by the nodes' connection gaters, on loopback, even where namespaces are possible */
    gaters: { type: 'boolean', default: false }
  }
})
const nodes = Number(values.nodes)
const half = Math.ceil(nodes / 2)
const halves = Array.from({ length: nodes + 1 }, (_, index) => index < half || index === nodes)
const author = createHash('sha256').update('partition').digest('hex')
const folder = await mkdtemp(join(tmpdir(), 'recordkit-partition-'))

function namespaces(): Namespaces | undefined {
  if (values.gaters) return undefined
  try {
    return new Namespaces(halves)
  } catch (error) {
    console.log(`no network namespaces (${(error as Error).message.trim()}); connection gaters cut instead`)
    return undefined
  }
}

let failed = true
try {
  using ground = namespaces()
  await using fleet = await Fleet.start({
    nodes,
    folder,
    // not within the run: a republished record is sealed anew, and would rank above what was written
    republish: 3_600_000,
    author,
    ...(ground === undefined ? {} : { ground })
  })
  const first = Array.from({ length: half }, (_, index) => index)
  let end = 0
  const outcome = await twoHalves(fleet, {
    async cut() {
      if (ground === undefined) await fleet.cut(first)
      else ground.cut()
      end = Date.now() + Number(values.seconds) * 1000
    },
    async heal() {
      ground?.heal()
      await fleet.heal()
    },
    going: () => Date.now() < end,
    patient: () => Date.now() < end + 120_000
  })
  const { faults, writes, differed, keys, struck, apart, reads, ms } = outcome
  console.log(
    '| nodes | cut by | in two, s | writes meanwhile | keys that differed | attacks, answered | reads until all agree | ms |'
  )
  console.log('| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |')
  const by = ground === undefined ? 'connection gaters' : 'network namespaces'
  console.log(
    `| ${[nodes, by, (apart / 1000).toFixed(1), writes, `${differed} of ${keys}`, `${struck.tried}, ${struck.answered}`, reads, ms].join(' | ')} |`
  )
  for (const fault of faults) console.log(fault)
  failed = faults.length > 0
} finally {
  await rm(folder, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)
