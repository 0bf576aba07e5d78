import { describe, expect, test } from 'vitest'
import { faultsOf } from '../src/attack.ts'
import { attacks } from '../src/attacks.ts'
import { runAttack } from '../src/run-attack.ts'

/** Only these of the attacks on real nodes run as tests; `.ci/run` runs a short form of all, `npm run attack` all of them. */
const onNodes = new Set(['wire-forgeries', 'answers-stale-forged', 'wire-share-one-subnet'])
const wanted = attacks.filter(({ id }) => !/^(wire|slow|answers)-/.test(id) || onNodes.has(id))

describe('accepts nothing invalid, serves honest traffic and stays within its bounds', () => {
  for (const attack of wanted) {
    test(`during the attack ${attack.id}: ${attack.title}`, async () => {
      const { faults, result } = await runAttack(attack, { seed: 1, scale: 0.02 })
      expect(faults).toEqual([])
      expect(result.tried).toBeGreaterThan(0)
    })
  }
})

test('every attack has a unique ID and names its bounds', () => {
  expect(new Set(attacks.map(({ id }) => id)).size).toBe(attacks.length)
  for (const { bound } of attacks) expect(bound.length).toBeGreaterThan(10)
})

test('reports accepted attempts, slow or failing honest traffic and exceeded bounds as faults', () => {
  const good = { tried: 10, accepted: 0, honest: { right: 95, of: 100 }, sizes: [{ what: 'marks', size: 5, most: 5 }] }
  expect(faultsOf(good)).toEqual([])
  expect(faultsOf({ ...good, accepted: 1 })).toEqual(['1 of 10 were accepted'])
  expect(faultsOf({ ...good, honest: { right: 94, of: 100 } })).toEqual(['honest: 94 of 100 right'])
  expect(faultsOf({ ...good, sizes: [{ what: 'marks', size: 6, most: 5 }] })).toEqual(['6 marks; at most 5'])
  const pace = {
    kept: 1,
    keptOfCpu: 1,
    keptByClock: 1,
    quiet: 1,
    rate: 1,
    cpuEach: 1,
    sent: { tried: 10, sent: 0, answered: 0 }
  }
  expect(faultsOf({ ...good, pace })).toEqual(['no message reached a node'])
  expect(faultsOf({ ...good, steady: 0.94 })).toEqual(['honest: 94 % of the pace'])
  expect(faultsOf({ ...good, tried: 0, honest: { right: 0, of: 0 } })).toHaveLength(2)
})
