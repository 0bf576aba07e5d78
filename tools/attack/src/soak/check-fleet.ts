import type { Fleet } from './fleet.ts'
import { contentOf, numberIn } from './ledger.ts'
import type { Ledger } from './ledger.ts'

export interface FleetCheck {
  /** must be empty */
  readonly problems: readonly string[]
  readonly checked: { readonly live: number; readonly expired: number; readonly marks: number; readonly stores: number }
}

/** Checks every key on every node after the faults: live keys are found everywhere, expired ones are gone, their marks exist. */
export async function checkFleet(fleet: Fleet, ledger: Ledger, now: number): Promise<FleetCheck> {
  const problems: string[] = []
  let live = 0
  let expired = 0
  let marks = 0
  for (const entry of ledger.live) {
    if (entry.acknowledged === 0) continue
    for (const index of fleet.running) {
      const content = await fleet.node(index)?.get(entry.key, 99)
      const number = numberIn(content)
      live++
      if (number === undefined) problems.push(`node ${index} does not find ${entry.owner}/${entry.name}`)
      else if (number < entry.acknowledged)
        problems.push(
          `node ${index} finds ${entry.owner}/${entry.name} ${number}; ${entry.acknowledged} was acknowledged`
        )
      else if (number > entry.tried || content !== contentOf(entry, number))
        problems.push(`node ${index} finds "${content}", which was never put`)
    }
  }
  for (const { key, owner, sequence, gone, holders } of ledger.expired) {
    if (gone > now) continue
    expired++
    for (const index of holders) {
      const { sequence: stored, mark } = (await fleet.node(index)?.inspect(key)) ?? {}
      if (stored !== undefined) problems.push(`node ${index} still stores ${key} of ${owner}: sequence ${stored}`)
      marks++
      if (mark === undefined || BigInt(mark) < sequence)
        problems.push(`node ${index} has the mark ${mark ?? '-'} for ${key}; expected at least ${sequence}`)
    }
  }
  let stores = 0
  for (const index of fleet.running) {
    for (const problem of (await fleet.node(index)?.verify()) ?? []) problems.push(`node ${index}: ${problem}`)
    stores++
  }
  return { problems, checked: { live, expired, marks, stores } }
}
