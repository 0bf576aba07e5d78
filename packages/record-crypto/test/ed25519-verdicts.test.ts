import { sha512 } from '@noble/hashes/sha2.js'
import { describe, expect, test } from 'vitest'
import { ed25519ChallengeInput, ed25519EquationHolds } from '../src/ed25519-equation.ts'
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
  ['random damage', [...mutatedCases(3000, 1)]]
])

describe.each([...ed25519Paths])('%s', (_, algorithm) => {
  test.each([...families])('keeps the one rule: %s', async (_, cases) => {
    const wrong = []
    for (const found of cases) {
      const answer = await algorithm.verify(found.publicKey, found.message, found.signature)
      if (answer !== found.holds) wrong.push({ ...found, answer })
    }
    expect(wrong).toEqual([])
  })
})

test('the families hold what they are for', () => {
  const counts = [...families.values()].map((cases) => [cases.length, cases.filter(({ holds }) => holds).length])
  expect(counts.slice(0, 5)).toEqual([
    [12, 1],
    [151, 88],
    [18_528, 0],
    [128, 17],
    [8, 0]
  ])
})

test('it is the rule that refuses points of small order: the equation alone takes some of them', () => {
  const taken = smallOrderCases().filter(({ publicKey, message, signature }) =>
    ed25519EquationHolds(publicKey, signature, sha512(ed25519ChallengeInput(publicKey, message, signature)))
  )
  expect(taken.length).toBeGreaterThan(50)
})
