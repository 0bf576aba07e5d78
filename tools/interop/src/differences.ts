// `node tools/interop/src/differences.ts`: what each implementation accepts that we refuse, and the reverse, asked live.
import { builders, launch } from './launch.ts'
import type { Peer } from './peer.ts'
import { keyProbes } from './probes/keys.ts'
import { type Probe, takenHere, takenThere } from './probes/probe.ts'
import { recordProbes } from './probes/records.ts'
import { signatureProbes } from './probes/signatures.ts'

async function probes(): Promise<Probe[]> {
  const all: Probe[] = []
  for (const source of [keyProbes, recordProbes, signatureProbes]) for await (const probe of source()) all.push(probe)
  return all
}

interface Tally {
  readonly same: number
  /** by title, how many inputs they take and we do not, and the reverse */
  readonly theyTake: ReadonlyMap<string, number>
  readonly weTake: ReadonlyMap<string, number>
}

async function compare(peer: Peer, all: readonly Probe[], ours: readonly boolean[]): Promise<Tally> {
  let same = 0
  const [theyTake, weTake] = [new Map<string, number>(), new Map<string, number>()]
  for (const [index, probe] of all.entries()) {
    const theirs = await takenThere(probe, peer)
    if (theirs === undefined) continue
    if (theirs === ours[index]) {
      same++
      continue
    }
    const list = theirs ? theyTake : weTake
    list.set(probe.title, (list.get(probe.title) ?? 0) + 1)
  }
  return { same, theyTake, weTake }
}

const lines = (titles: ReadonlyMap<string, number>): string[] =>
  [...titles].map(([title, count]) => `    ${title}${count === 1 ? '' : ` (${count})`}`)

const all = await probes()
const ours: boolean[] = []
for (const probe of all) ours.push(await takenHere(probe))
console.log(`${all.length} inputs, of which we take ${ours.filter(Boolean).length}`)
for (const [name, build] of builders) {
  const built = await build(console.log)
  if ('missing' in built || 'broken' in built) {
    console.log(`${name}: ${'missing' in built ? built.missing : built.broken}`)
    continue
  }
  const peer = await launch(name, built)
  const { same, theyTake, weTake } = await compare(peer, all, ours)
  await peer.stop()
  console.log(`\n${name}: the same verdict on ${same}`)
  if (theyTake.size > 0) console.log(['  they take, we refuse:', ...lines(theyTake)].join('\n'))
  if (weTake.size > 0) console.log(['  we take, they refuse:', ...lines(weTake)].join('\n'))
}
process.exit(0)
