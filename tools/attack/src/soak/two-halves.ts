import { compareRecords, isRefusal } from '@recordkit/record-types'
import type { UnverifiedRecord } from '@recordkit/record-types'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import type { Put } from './calls.ts'
import type { Fleet } from './fleet.ts'

/** What happens to a network that is in two for a while. */
export interface Halves {
  cut(): Promise<void>
  heal(): Promise<void>
  /** whether it is to stay cut; asked after every round of writes */
  going(): boolean
  /** whether to go on reading when not all agree yet: connections that a cut left standing take their time */
  patient(): boolean
}

export interface Outcome {
  /** writes acknowledged by at least one other node while the network was in two */
  readonly writes: number
  /** keys of which the halves held different records before the network was one again; of how many */
  readonly differed: number
  readonly keys: number
  /** records handed over by attackers meanwhile, and how many a node said yes to that it must not take */
  readonly struck: { readonly tried: number; readonly answered: number }
  /** ms that it was in two */
  readonly apart: number
  /** reads after it was one again until all nodes held the same, and ms */
  readonly reads: number
  readonly ms: number
  /** what did not hold; must be empty */
  readonly faults: readonly string[]
}

/** ms that a record is valid */
const lifetime = 600_000
/** by name: writes of the first and the second half in a round; the sequence decides, or what stands behind it in the rank */
const writes: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['even', [1, 1]],
  ['first', [2, 1]],
  ['second', [1, 2]]
])

/**
 * Cuts a fleet of one author's devices in two, writes on both sides under the same keys, makes it one again, and reads until
 * all nodes hold the same. Attackers hand over what they were given all the while.
 */
export async function twoHalves(fleet: Fleet, { cut, heal, going, patient }: Halves): Promise<Outcome> {
  const half = Math.ceil(fleet.size / 2)
  const faults: string[] = []
  const last = new Map<string, [Put, Put]>()
  const written = [new Set<string>(), new Set<string>()] as const
  let acknowledged = 0
  const struck = { tried: 0, answered: 0 }
  const put = async (writer: number, name: string, content: string): Promise<Put> => {
    const done = await fleet.node(writer)?.put(name, content, lifetime)
    if (done === undefined) throw new Error(`node ${writer} does not run`)
    if (done.holders.length > 0) acknowledged++
    return done
  }
  for (const name of writes.keys()) {
    const { key, value } = await put(0, name, 'together')
    await fleet.attackers?.replay(key, value)
  }
  acknowledged = 0

  await cut()
  const parted = performance.now()
  let over = false
  const strike = async (times: number): Promise<number> => {
    const { tried, answered, repeated } = (await fleet.attackers?.strike(times)) ?? {
      tried: 0,
      answered: 0,
      repeated: 0
    }
    struck.tried += tried
    struck.answered += answered
    return repeated
  }
  const strikeOn = async (): Promise<void> => {
    do await strike(1)
    while (!over)
  }
  const striking = strikeOn()
  let round = 0
  do {
    const side = async (which: 0 | 1, name: string, count: number): Promise<Put> => {
      const writer = which === 0 ? 0 : half
      for (let number = 1; ; number++) {
        const done = await put(writer, name, `${writer} ${round} ${number}`)
        written[which].add(done.value)
        if (number === count) return done
      }
    }
    await Promise.all(
      [...writes].map(async ([name, [first, second]]) =>
        last.set(name, await Promise.all([side(0, name, first), side(1, name, second)]))
      )
    )
    round++
  } while (going())
  over = true
  await striking
  // by now every node holds something newer than what attackers were given
  struck.answered += await strike(8)
  let differed = 0
  for (const [name, [first, second]] of last) {
    const held = await heldBy(fleet, first.key)
    if (held.some((value, index) => written[index < half ? 1 : 0].has(value ?? '')))
      faults.push(`${name}: a node held what was written on the other side of the cut`)
    if (held[0] === first.value && held[half] === second.value && first.value !== second.value) differed++
  }

  const apart = Math.round(performance.now() - parted)
  await heal()
  const healed = performance.now()
  let reads = 0
  for (const [name, pair] of last) {
    const winner = bestOf(pair)
    let agreed = false
    for (let read = 0; !agreed && (read < fleet.size || patient()); read++) {
      await fleet.node((read * half + Math.floor(read / 2)) % fleet.size)?.get(pair[0].key, 99)
      reads++
      agreed = (await heldBy(fleet, pair[0].key)).every((value) => value === winner)
    }
    if (!agreed) faults.push(`${name}: not every node holds the best`)
  }
  const ms = Math.round(performance.now() - healed)
  return { writes: acknowledged, differed, keys: last.size, struck, apart, reads, ms, faults }
}

async function heldBy(fleet: Fleet, key: string): Promise<readonly (string | undefined)[]> {
  return Promise.all(fleet.running.map(async (index) => (await fleet.node(index)?.look(key))?.value))
}

/** The better of two puts, by the order that every node is to follow. */
function bestOf(pair: readonly [Put, Put]): string {
  const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })])
  const [first, second] = pair.map(({ key, value }): UnverifiedRecord => {
    const opened = engine.parse(Buffer.from(key, 'hex'), Buffer.from(value, 'hex'))
    if (isRefusal(opened)) throw new Error(opened.message)
    return opened
  })
  return compareRecords(first as UnverifiedRecord, second as UnverifiedRecord) > 0 ? pair[0].value : pair[1].value
}
