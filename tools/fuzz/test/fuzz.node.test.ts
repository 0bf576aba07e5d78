import { describe, expect, test } from 'vitest'
import { readCorpus } from '../src/corpus.ts'
import { fuzz } from '../src/fuzz.ts'
import { mutate, randomOf } from '../src/mutate.ts'
import { Finding } from '../src/target.ts'
import { targets } from '../src/targets/index.ts'

/** Speed is looked at by the command, never by a test. */
const isSlow = (error: unknown): boolean => error instanceof Finding && error.message.startsWith('took')

describe.each(targets)('$name', (target) => {
  const kept = readCorpus(target.name)

  test('nothing that was ever kept or found goes wrong', () => {
    for (const input of [...target.seeds, ...kept]) {
      try {
        target.run(input)
      } catch (error) {
        throw new Error(`on ${Buffer.from(input).toString('hex')}: ${String(error)}`, { cause: error })
      }
    }
  })

  test('nor does what is made of it', () => {
    const { findings } = fuzz(target, kept, 3000, randomOf(1))
    expect(
      findings
        .filter(({ error }) => !isSlow(error))
        .map(({ input, error }) => `${Buffer.from(input).toString('hex')}: ${String(error)}`)
    ).toEqual([])
  })
})

test('finds what goes wrong', () => {
  const broken = {
    name: 'broken',
    seeds: [Uint8Array.of(1, 2, 3)],
    run(input: Uint8Array) {
      if (input[1] === 0xff) throw new Finding('a byte too high')
    }
  }
  expect(fuzz(broken, [], 5000, randomOf(1)).findings.length).toBeGreaterThan(0)
})

test('makes the same inputs of the same seed', () => {
  const run = (): Uint8Array[] => {
    const random = randomOf(7)
    return Array.from({ length: 100 }, () => mutate(Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5), random))
  }
  expect(run()).toEqual(run())
})
