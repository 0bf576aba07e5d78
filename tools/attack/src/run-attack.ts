import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Attack, Result } from './attack.ts'
import { faultsOf } from './attack.ts'
import { costOf } from './measure.ts'
import type { Cost } from './measure.ts'
import { Random } from './random.ts'

export interface Row {
  readonly attack: Attack
  readonly result: Result
  readonly cost: Cost
  readonly faults: readonly string[]
}

export interface Settings {
  readonly seed: number
  /** the share of the attempts that run: 1 for all */
  readonly scale: number
  /** maximum number of peers of an attacker over the wire. @default no maximum, and 6 in a short run */
  readonly peers?: number | undefined
}

/** Runs one attack in a folder of its own and returns its result, cost and faults. */
export async function runAttack(
  attack: Attack,
  { seed, scale, peers = scale < 1 ? 6 : Infinity }: Settings
): Promise<Row> {
  const folders: string[] = []
  const field = {
    random: new Random(seed),
    short: scale < 1,
    times: (full: number, least = 20) => Math.min(full, Math.max(least, Math.round(full * scale))),
    peers: (full: number) => Math.min(full, peers),
    async folder() {
      const made = await mkdtemp(join(tmpdir(), 'recordkit-attack-'))
      folders.push(made)
      return made
    }
  }
  try {
    const { result, cost } = await costOf(async () => attack.run(field))
    return { attack, result, cost, faults: faultsOf(result) }
  } finally {
    await Promise.all(folders.map(async (folder) => rm(folder, { recursive: true, force: true })))
  }
}
