import type { Fleet } from './fleet.ts'
import { contentOf, numberIn } from './ledger.ts'
import type { Ledger } from './ledger.ts'

export interface Verdict {
  /** what did not hold; must be empty */
  readonly faults: readonly string[]
  readonly checked: { readonly live: number; readonly dead: number; readonly marks: number; readonly entries: number }
}

/** Looks at every key on every node when all is quiet: live ones found everywhere, dead ones gone, marks in place. */
export async function judge(fleet: Fleet, ledger: Ledger, now: number): Promise<Verdict> {
  const faults: string[] = []
  let live = 0
  let dead = 0
  let marks = 0
  for (const entry of ledger.live) {
    if (entry.acknowledged === 0) continue
    for (const index of fleet.running) {
      const content = await fleet.node(index)?.get(entry.key, 99)
      const number = numberIn(content)
      live++
      if (number === undefined) faults.push(`node ${index} does not find ${entry.owner}/${entry.name}`)
      else if (number < entry.acknowledged)
        faults.push(
          `node ${index} finds ${entry.owner}/${entry.name} ${number}; ${entry.acknowledged} was acknowledged`
        )
      else if (number > entry.tried || content !== contentOf(entry, number))
        faults.push(`node ${index} finds "${content}", which nobody put`)
    }
  }
  for (const { key, owner, sequence, gone, holders } of ledger.dead) {
    if (gone > now) continue
    dead++
    for (const index of holders) {
      const { held, mark } = (await fleet.node(index)?.look(key)) ?? {}
      if (held !== undefined) faults.push(`node ${index} still has ${key} of ${owner}: sequence ${held}`)
      marks++
      if (mark === undefined || BigInt(mark) < sequence)
        faults.push(`node ${index} has the mark ${mark ?? '-'} for ${key}; it held ${sequence}`)
    }
  }
  let entries = 0
  for (const index of fleet.running) {
    for (const problem of (await fleet.node(index)?.verify()) ?? []) faults.push(`node ${index}: ${problem}`)
    entries++
  }
  return { faults, checked: { live, dead, marks, entries } }
}
