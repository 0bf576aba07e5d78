import { describe, expect, test } from 'vitest'
import { faultsOf } from '../src/attack.ts'
import { attacks } from '../src/attacks.ts'
import { runAttack } from '../src/run-attack.ts'

/** On real nodes a few stand for the rest, which `npm run attack` runs. */
const onNodes = new Set(['wire-forgeries', 'wire-bytes', 'wire-bulk', 'slow-senders', 'answers-stale-forged'])
const wanted = attacks.filter(({ id }) => !/^(wire|slow|answers)-/.test(id) || onNodes.has(id))

describe('nothing gets in, honest traffic goes on, and what is held stays bounded', () => {
  for (const attack of wanted) {
    test(`${attack.id}: ${attack.title}`, async () => {
      const { faults, result } = await runAttack(attack, { seed: 1, scale: 0.02 })
      expect(faults).toEqual([])
      expect(result.tried).toBeGreaterThan(0)
    })
  }
})

test('an attack has a name of its own, and names its bound', () => {
  expect(new Set(attacks.map(({ id }) => id)).size).toBe(attacks.length)
  for (const { bound } of attacks) expect(bound.length).toBeGreaterThan(10)
})

test('what gets in, honest traffic that suffers, and what outgrows its bound are faults', () => {
  const good = { tried: 10, gotIn: 0, honest: { right: 95, of: 100 }, sizes: [{ what: 'marks', size: 5, most: 5 }] }
  expect(faultsOf(good)).toEqual([])
  expect(faultsOf({ ...good, gotIn: 1 })).toEqual(['1 of 10 got in'])
  expect(faultsOf({ ...good, honest: { right: 94, of: 100 } })).toEqual(['honest: 94 of 100 right'])
  expect(faultsOf({ ...good, sizes: [{ what: 'marks', size: 6, most: 5 }] })).toEqual(['6 marks; at most 5'])
  const pace = {
    kept: 1,
    keptOfCpu: 1,
    keptByClock: 1,
    quiet: 1,
    rate: 1,
    cpuEach: 1,
    struck: { tried: 10, sent: 0, answered: 0 }
  }
  expect(faultsOf({ ...good, pace })).toEqual(['no message came as far as a node'])
  expect(faultsOf({ ...good, steady: 0.94 })).toEqual(['honest: 94 % of the pace'])
  expect(faultsOf({ ...good, tried: 0, honest: { right: 0, of: 0 } })).toHaveLength(2)
})
