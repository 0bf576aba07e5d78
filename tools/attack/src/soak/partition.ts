// `npm run partition -- --seconds 5`: ten nodes, each in its own process and, where possible, its own network namespace. The
// network is split in two for a while, with writes on both sides. Afterwards all nodes must store the same records.
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Fleet } from './fleet.ts'
import { Namespaces } from './namespaces.ts'
import { runPartition } from './run-partition.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    nodes: { type: 'string', default: '10' },
    /** partition by the nodes' connection gaters, on loopback, even where namespaces are possible */
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
    console.log(`no network namespaces (${(error as Error).message.trim()}); using connection gaters instead`)
    return undefined
  }
}

let failed = true
try {
  using hosts = namespaces()
  await using fleet = await Fleet.start({
    nodes,
    folder,
    // not during the run: a republished record is signed again and would rank above the written ones
    republish: 3_600_000,
    author,
    hosts
  })
  const first = Array.from({ length: half }, (_, index) => index)
  let end = 0
  const result = await runPartition(fleet, {
    async partition() {
      if (hosts === undefined) await fleet.partition(first)
      else hosts.partition()
      end = Date.now() + Number(values.seconds) * 1000
    },
    async heal() {
      hosts?.heal()
      await fleet.heal()
    },
    isPartitioned: () => Date.now() < end,
    mayRead: () => Date.now() < end + 120_000
  })
  const { problems, writes, differed, keys, attacks, partitioned, reads, ms } = result
  console.log(
    '| nodes | partitioned by | for, s | writes meanwhile | keys that differed | attacks, answered | reads until all agree | ms |'
  )
  console.log('| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |')
  const by = hosts === undefined ? 'connection gaters' : 'network namespaces'
  console.log(
    `| ${[nodes, by, (partitioned / 1000).toFixed(1), writes, `${differed} of ${keys}`, `${attacks.tried}, ${attacks.answered}`, reads, ms].join(' | ')} |`
  )
  for (const problem of problems) console.log(problem)
  failed = problems.length > 0
} finally {
  await rm(folder, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)
