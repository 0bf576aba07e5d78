import { describe, expect, test } from 'vitest'
import { readCorpus } from '../src/corpus.ts'
import { fuzz } from '../src/fuzz.ts'
import { mutate, randomOf } from '../src/mutate.ts'
import { Finding } from '../src/target.ts'
import { targets } from '../src/targets/index.ts'

/** Only `npm run fuzz` checks speed, not this test. */
const isSlow = (error: unknown): boolean => error instanceof Finding && error.message.startsWith('took')

describe.each(targets)('the decoder of $name', (target) => {
  const corpus = readCorpus(target.name)

  test('keeps its invariants for every seed and input of the corpus', () => {
    for (const input of [...target.seeds, ...corpus]) {
      try {
        target.run(input)
      } catch (error) {
        throw new Error(`on ${Buffer.from(input).toString('hex')}: ${String(error)}`, { cause: error })
      }
    }
  })

  test('keeps its invariants for mutations of them', () => {
    const { findings } = fuzz(target, corpus, 3000, randomOf(1))
    expect(
      findings
        .filter(({ error }) => !isSlow(error))
        .map(({ input, error }) => `${Buffer.from(input).toString('hex')}: ${String(error)}`)
    ).toEqual([])
  })
})

test('the fuzzer finds a violated invariant', () => {
  const broken = {
    name: 'broken',
    seeds: [Uint8Array.of(1, 2, 3)],
    run(input: Uint8Array) {
      if (input[1] === 0xff) throw new Finding('the second byte is 255')
    }
  }
  expect(fuzz(broken, [], 5000, randomOf(1)).findings.length).toBeGreaterThan(0)
})

test('the fuzzer makes the same inputs from the same seed', () => {
  const run = (): Uint8Array[] => {
    const random = randomOf(7)
    return Array.from({ length: 100 }, () => mutate(Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5), random))
  }
  expect(run()).toEqual(run())
})
