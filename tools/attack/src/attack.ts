import type { Random } from './random.ts'
import type { Pace } from './wire/load-runner.ts'

/** One attack, as data: what runs, and the bound that limits its cost. */
export interface Attack {
  readonly id: string
  readonly title: string
  /** the bounds on its cost in memory, disk and CPU */
  readonly bound: string
  run(field: Field): Promise<Result>
}

/** The tools of an attack. All randomness comes from here, so that a run can be repeated. */
export interface Field {
  readonly random: Random
  /** the number of attempts: `full`, fewer in a short run, at least `least` */
  times(full: number, least?: number): number
  /** the number of peers of an attacker over the wire: `full`, or the maximum of this run */
  peers(full: number): number
  /** run a part only and measure nothing: enough to see whether a value is accepted */
  readonly short: boolean
  /** makes an empty folder, which is deleted after the run */
  folder(): Promise<string>
}

/** The result of an attack. */
export interface Result {
  readonly tried: number
  /** attempts that must be refused and were accepted */
  readonly accepted: number
  readonly honest: Tally
  /** the sizes at the end, with their bounds */
  readonly sizes?: readonly Size[] | undefined
  /** what the node keeps outside of the bounds of RecordKit, in words */
  readonly beside?: string | undefined
  /** bytes on disk at the end */
  readonly disk?: number | undefined
  /** the attacked objects: referenced until their memory is measured */
  readonly attacked?: unknown
  /** over the wire, with attackers in another process: the pace that honest traffic kept */
  readonly pace?: Pace | undefined
  /** over the wire: the completed share of ten honest rounds per second */
  readonly steady?: number | undefined
}

export interface Tally {
  /** honest operations with the right result */
  readonly right: number
  readonly of: number
}

export interface Size {
  readonly what: string
  readonly size: number
  readonly most: number
}

/** The minimum share of honest operations with the right result under attack, and of their pace. */
export const honestShare = 0.95

/** The faults of a result; empty when the attack failed. */
export function faultsOf({ tried, accepted, honest, sizes = [], pace, steady }: Result): string[] {
  const faults: string[] = []
  if (tried === 0) faults.push('nothing was tried')
  if (pace?.sent.sent === 0) faults.push('no message reached a node')
  if (accepted > 0) faults.push(`${accepted} of ${tried} were accepted`)
  if (honest.of === 0) faults.push('there was no honest traffic')
  if (honest.right < honestShare * honest.of) faults.push(`honest: ${honest.right} of ${honest.of} right`)
  if (steady !== undefined && steady < honestShare) faults.push(`honest: ${(100 * steady).toFixed(0)} % of the pace`)
  for (const { what, size, most } of sizes) if (size > most) faults.push(`${size} ${what}; at most ${most}`)
  return faults
}
