import type { Algorithm } from '@recordkit/record-types'
import { describe, expect, test } from 'vitest'
import { caseFamilies, mutatedCases } from './verdict-cases.ts'
import type { Case } from './verdict-cases.ts'

/** The cases on which implementations of Ed25519 differ, by name. */
export const verdictFamilies: ReadonlyMap<string, readonly Case[]> = new Map(
  [...caseFamilies(2, mutatedCases(1000, 1))].map(([name, cases]) => [name, [...cases]])
)

/** Tests that implementations of Ed25519 have the specified result for every case. */
export function testVerdicts(paths: ReadonlyMap<string, Algorithm>): void {
  describe.each([...paths])('%s', (_, algorithm) => {
    test.each([...verdictFamilies])('has the specified result for all cases of %s', async (_, cases) => {
      const wrong = []
      for (const found of cases) {
        const result = await algorithm.verify(found.publicKey, found.message, found.signature)
        if (result !== found.valid) wrong.push({ ...found, result })
      }
      expect(wrong).toEqual([])
    })
  })
}
