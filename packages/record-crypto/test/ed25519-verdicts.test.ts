import { sha512 } from '@noble/hashes/sha2.js'
import { expect, test } from 'vitest'
import { ed25519ChallengeInput, satisfiesEd25519Equation } from '../src/ed25519-equation.ts'
import { ed25519Paths } from './ed25519-paths.ts'
import { smallOrderCases } from './verdict-cases.ts'
import { testVerdicts, verdictFamilies } from './verdict-families.ts'

testVerdicts(ed25519Paths)

test('the families of cases have the expected numbers of cases and of valid signatures', () => {
  const counts = [...verdictFamilies.values()].map((cases) => [cases.length, cases.filter(({ valid }) => valid).length])
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
