import type { Random } from './random.ts'
import type { Pace } from './wire/load-runner.ts'

/** One attack, as data: what is run, and the bound that keeps what it costs. */
export interface Attack {
  readonly id: string
  readonly title: string
  /** what bounds its cost in memory, disk and CPU, by name */
  readonly bound: string
  run(field: Field): Promise<Result>
}

/** What an attack has to work with. Everything random comes from here, so that a run can be repeated. */
export interface Field {
  readonly random: Random
  /** how often something is tried: `full`, less in a short run, at least `least` */
  times(full: number, least?: number): number
  /** nothing is measured: a part is tried, to see whether it gets in */
  readonly short: boolean
  /** an empty folder, gone when the run is over */
  folder(): Promise<string>
}

/** What came of an attack. */
export interface Result {
  readonly tried: number
  /** what the attacker was not to get in, and did */
  readonly gotIn: number
  readonly honest: Tally
  /** what is held at the end, and the most that the bound allows */
  readonly sizes?: readonly Size[]
  /** bytes on disk at the end */
  readonly disk?: number
  /** what was attacked: kept until its memory is measured */
  readonly attacked?: unknown
  /** over the wire, with attackers in a process of their own: what honest traffic kept of its pace */
  readonly pace?: Pace
  /** over the wire: share that came of ten honest rounds a second, by the clock */
  readonly steady?: number
}

export interface Tally {
  /** honest operations that gave the right result */
  readonly right: number
  readonly of: number
}

export interface Size {
  readonly what: string
  readonly size: number
  readonly most: number
}

/** The share of honest operations that must go right under attack, and of their pace that must be kept. */
export const honestShare = 0.95

/** What is wrong with a result; nothing when the attack failed as it must. */
export function faultsOf({ tried, gotIn, honest, sizes = [], pace, steady }: Result): string[] {
  const faults: string[] = []
  if (tried === 0) faults.push('nothing was tried')
  if (pace?.struck.sent === 0) faults.push('no message came as far as a node')
  if (gotIn > 0) faults.push(`${gotIn} of ${tried} got in`)
  if (honest.of === 0) faults.push('there was no honest traffic')
  if (honest.right < honestShare * honest.of) faults.push(`honest: ${honest.right} of ${honest.of} right`)
  if (steady !== undefined && steady < honestShare) faults.push(`honest: ${(100 * steady).toFixed(0)} % of the pace`)
  for (const { what, size, most } of sizes) if (size > most) faults.push(`${size} ${what}; at most ${most}`)
  return faults
}
