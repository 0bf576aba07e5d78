import type { Algorithm } from '@recordkit/record-types'
import { ed25519Paths } from '../test/ed25519-paths.ts'
import { caseFamilies, mutatedCases } from '../test/verdict-cases.ts'
import type { Case } from '../test/verdict-cases.ts'

/** The results of one implementation for one family of cases. */
export interface Row {
  readonly path: string
  readonly family: string
  readonly cases: number
  readonly accepted: number
  /** results that differ from the rule */
  readonly wrong: number
}

/**
 * Verifies every family of cases with each implementation.
 *
 * @param counts - the number of random mutations, by the name of the implementation; all receive the same ones
 * @param paths - the implementations
 */
export async function judge(
  counts: Readonly<Record<string, number>>,
  paths: ReadonlyMap<string, Algorithm> = ed25519Paths
): Promise<Row[]> {
  const rows: Row[] = []
  for (const [path, algorithm] of paths) {
    const count = counts[path]
    if (count === undefined) continue
    for (const [family, cases] of caseFamilies(8, mutatedCases(count, 20_261_123)))
      rows.push({ path, family, ...(await tally(algorithm, cases)) })
  }
  return rows
}

async function tally(algorithm: Algorithm, found: Iterable<Case>): Promise<Pick<Row, 'cases' | 'accepted' | 'wrong'>> {
  let cases = 0
  let accepted = 0
  let wrong = 0
  for (const { publicKey, message, signature, valid } of found) {
    const result = algorithm.verify(publicKey, message, signature)
    const answer = typeof result === 'boolean' ? result : await result
    cases++
    if (answer) accepted++
    if (answer !== valid) wrong++
  }
  return { cases, accepted, wrong }
}
