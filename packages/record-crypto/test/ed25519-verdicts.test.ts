import { sha512 } from '@noble/hashes/sha2.js'
import { describe, expect, test } from 'vitest'
import { ed25519ChallengeInput, satisfiesEd25519Equation } from '../src/ed25519-equation.ts'
import { ed25519Paths } from './ed25519-paths.ts'
import {
  largeScalarCases,
  mutatedCases,
  smallOrderCases,
  speccheckCases,
  torsionCases,
  wycheproofCases
} from './verdict-cases.ts'
import type { Case } from './verdict-cases.ts'

const families = new Map<string, Case[]>([
  ['the twelve cases of ed25519-speccheck', speccheckCases()],
  ['Wycheproof', wycheproofCases()],
  ['small-order and non-canonical A and R', smallOrderCases()],
  ['small-order parts in A and R', torsionCases(2)],
  ['S not below L', largeScalarCases()],
  ['random damage', [...mutatedCases(1000, 1)]]
])

describe.each([...ed25519Paths])('%s', (_, algorithm) => {
  test.each([...families])('has the specified result for all cases of %s', async (_, cases) => {
    const wrong = []
    for (const found of cases) {
      const result = await algorithm.verify(found.publicKey, found.message, found.signature)
      if (result !== found.valid) wrong.push({ ...found, result })
    }
    expect(wrong).toEqual([])
  })
})

test('the families of cases have the expected numbers of cases and of valid signatures', () => {
  const counts = [...families.values()].map((cases) => [cases.length, cases.filter(({ valid }) => valid).length])
  expect(counts.slice(0, 5)).toEqual([
    [12, 1],
    [151, 88],
    [18_528, 0],
    [128, 17],
    [8, 0]
  ])
})

test('the equation without the rule accepts some points of small order', () => {
  const accepted = smallOrderCases().filter(({ publicKey, message, signature }) =>
    satisfiesEd25519Equation(publicKey, signature, sha512(ed25519ChallengeInput(publicKey, message, signature)))
  )
  expect(accepted.length).toBeGreaterThan(50)
})
