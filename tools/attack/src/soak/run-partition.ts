import { isRefusal } from '@recordkit/record-types'
import type { UnverifiedRecord } from '@recordkit/record-types'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import type { Put } from './calls.ts'
import type { Fleet } from './fleet.ts'

/** Splits a network in two for a while. */
export interface PartitionControl {
  partition(): Promise<void>
  heal(): Promise<void>
  /** whether the network stays partitioned; called after every round of writes */
  isPartitioned(): boolean
  /** whether to continue reading while nodes differ: connections that stayed open during the partition recover slowly */
  mayRead(): boolean
}

export interface PartitionResult {
  /** writes acknowledged by at least one other node during the partition */
  readonly writes: number
  /** number of keys under which the halves stored different records before the network healed */
  readonly differed: number
  /** number of all keys */
  readonly keys: number
  /** records that attackers sent meanwhile, and the number of those that a node acknowledged although it must refuse them */
  readonly attacks: { readonly tried: number; readonly answered: number }
  /** ms of the partition */
  readonly partitioned: number
  /** reads after the network healed until all nodes stored the same, and ms */
  readonly reads: number
  readonly ms: number
  /** must be empty */
  readonly problems: readonly string[]
}

/** ms for which a record is valid */
const lifetime = 600_000
/** By name: number of writes of the first and of the second half in a round. The later write wins. */
const writes: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['even', [1, 1]],
  ['first', [2, 1]],
  ['second', [1, 2]]
])

/**
 * Splits a fleet with one author in two, writes on both sides under the same keys, heals it, and reads until all nodes store the
 * same records. Attackers send the records they know during the partition.
 */
export async function runPartition(fleet: Fleet, control: PartitionControl): Promise<PartitionResult> {
  const half = Math.ceil(fleet.size / 2)
  const problems: string[] = []
  const last = new Map<string, [Put, Put]>()
  const written = [new Set<string>(), new Set<string>()] as const
  let acknowledged = 0
  const attacks = { tried: 0, answered: 0 }
  const put = async (writer: number, name: string, content: string): Promise<Put> => {
    const done = await fleet.node(writer)?.put(name, content, lifetime)
    if (done === undefined) throw new Error(`node ${writer} does not run`)
    if (done.holders.length > 0) acknowledged++
    return done
  }
  for (const name of writes.keys()) {
    const { key, value } = await put(0, name, 'before')
    await fleet.attackers?.replay(key, value)
  }
  acknowledged = 0

  await control.partition()
  const start = performance.now()
  let over = false
  const attack = async (times: number): Promise<number> => {
    const result = await fleet.attackers?.attack(times)
    attacks.tried += result?.tried ?? 0
    attacks.answered += result?.answered ?? 0
    return result?.repeated ?? 0
  }
  const keepAttacking = async (): Promise<void> => {
    do await attack(1)
    while (!over)
  }
  const attacking = keepAttacking()
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
  } while (control.isPartitioned())
  over = true
  await attacking
  // every node now stores newer records than those of the attackers: it must refuse unchanged ones too
  attacks.answered += await attack(8)
  let differed = 0
  for (const [name, [first, second]] of last) {
    const stored = await storedValues(fleet, first.key)
    if (stored.some((value, index) => written[index < half ? 1 : 0].has(value ?? '')))
      problems.push(`${name}: a node stored a record from the other side of the partition`)
    if (stored[0] === first.value && stored[half] === second.value && first.value !== second.value) differed++
  }

  const partitioned = Math.round(performance.now() - start)
  await control.heal()
  const healed = performance.now()
  let reads = 0
  for (const [name, pair] of last) {
    const winner = bestOf(pair)
    let agreed = false
    for (let read = 0; !agreed && (read < fleet.size || control.mayRead()); read++) {
      await fleet.node((read * half + Math.floor(read / 2)) % fleet.size)?.get(pair[0].key, 99)
      reads++
      agreed = (await storedValues(fleet, pair[0].key)).every((value) => value === winner)
    }
    if (!agreed) problems.push(`${name}: not every node stores the record of the highest rank`)
  }
  const ms = Math.round(performance.now() - healed)
  return { writes: acknowledged, differed, keys: last.size, attacks, partitioned, reads, ms, problems }
}

async function storedValues(fleet: Fleet, key: string): Promise<readonly (string | undefined)[]> {
  return Promise.all(fleet.running.map(async (index) => (await fleet.node(index)?.inspect(key))?.value))
}

/** The put of the higher rank. */
function bestOf(pair: readonly [Put, Put]): string {
  const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })])
  const [first, second] = pair.map(({ key, value }): UnverifiedRecord => {
    const record = engine.parse(Buffer.from(key, 'hex'), Buffer.from(value, 'hex'))
    if (isRefusal(record)) throw new Error(record.message)
    return record
  })
  return engine.compare(first as UnverifiedRecord, second as UnverifiedRecord) > 0 ? pair[0].value : pair[1].value
}
