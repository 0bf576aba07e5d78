// `node tools/interop/src/differences.ts`: runs every implementation and lists the inputs that it accepts and RecordKit refuses, and
// the reverse.
import { builders, launch } from './launch.ts'
import type { Implementation } from './implementation.ts'
import { keyProbes } from './probes/keys.ts'
import { type Probe, acceptedHere, acceptedThere } from './probes/probe.ts'
import { recordProbes } from './probes/records.ts'
import { signatureProbes } from './probes/signatures.ts'

async function probes(): Promise<Probe[]> {
  const all: Probe[] = []
  for (const source of [keyProbes, recordProbes, signatureProbes]) for await (const probe of source()) all.push(probe)
  return all
}

interface Tally {
  readonly same: number
  /** by title, the number of inputs that only they accept, and that only we accept */
  readonly theyAccept: ReadonlyMap<string, number>
  readonly weAccept: ReadonlyMap<string, number>
}

async function compare(
  implementation: Implementation,
  all: readonly Probe[],
  ours: readonly boolean[]
): Promise<Tally> {
  let same = 0
  const [theyAccept, weAccept] = [new Map<string, number>(), new Map<string, number>()]
  for (const [index, probe] of all.entries()) {
    const theirs = await acceptedThere(probe, implementation)
    if (theirs === undefined) continue
    if (theirs === ours[index]) {
      same++
      continue
    }
    const list = theirs ? theyAccept : weAccept
    list.set(probe.title, (list.get(probe.title) ?? 0) + 1)
  }
  return { same, theyAccept, weAccept }
}

const lines = (titles: ReadonlyMap<string, number>): string[] =>
  [...titles].map(([title, count]) => `    ${title}${count === 1 ? '' : ` (${count})`}`)

const all = await probes()
const ours: boolean[] = []
for (const probe of all) ours.push(await acceptedHere(probe))
console.log(`${all.length} inputs, of which RecordKit accepts ${ours.filter(Boolean).length}`)
for (const [name, build] of builders) {
  const built = await build(console.log)
  if ('missing' in built || 'broken' in built) {
    console.log(`${name}: ${'missing' in built ? built.missing : built.broken}`)
    continue
  }
  const implementation = await launch(name, built)
  const { same, theyAccept, weAccept } = await compare(implementation, all, ours)
  await implementation.stop()
  console.log(`\n${name}: the same verdict on ${same}`)
  if (theyAccept.size > 0) console.log(['  they accept, RecordKit refuses:', ...lines(theyAccept)].join('\n'))
  if (weAccept.size > 0) console.log(['  RecordKit accepts, they refuse:', ...lines(weAccept)].join('\n'))
}
process.exit(0)
