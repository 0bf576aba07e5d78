import { Finding } from './target.ts'
import type { Target } from './target.ts'
import { mutate } from './mutate.ts'
import type { Random } from './mutate.ts'

/** What a target came to. */
export interface Outcome {
  readonly inputs: number
  readonly findings: readonly { readonly input: Uint8Array; readonly error: unknown }[]
  /** inputs that reached something new, good ones first */
  readonly corpus: readonly Uint8Array[]
  /** ns that the slowest took, and its size */
  readonly slowest: { readonly nanoseconds: number; readonly size: number }
}

export interface Guide {
  /** looks whether the last inputs reached something new, and answers which of them did */
  found(batch: readonly Uint8Array[], run: (input: Uint8Array) => void): readonly Uint8Array[]
}

const batchSize = 256
/** ns that an input may take at the most, and as much again for each of its bytes */
const patience = { least: 1_000_000, each: 20_000 }

/** Runs `count` inputs made from the corpus, which grows by what `guide` finds worth keeping. */
export function fuzz(
  target: Target,
  kept: readonly Uint8Array[],
  count: number,
  random: Random,
  guide?: Guide
): Outcome {
  const corpus = [...target.seeds, ...kept]
  const findings: { input: Uint8Array; error: unknown }[] = []
  let slowest = { nanoseconds: 0, size: 0 }
  let inputs = 0

  const timed = (input: Uint8Array): number => {
    const started = performance.now()
    try {
      target.run(input)
    } catch (error) {
      if (findings.length < 20) findings.push({ input, error })
    }
    return (performance.now() - started) * 1e6
  }
  const run = (input: Uint8Array): void => {
    inputs++
    let nanoseconds = timed(input)
    // once more, when the machine had something else to do
    for (let tries = 0; tries < 3 && nanoseconds > patience.least / 10; tries++)
      nanoseconds = Math.min(nanoseconds, timed(input))
    if (nanoseconds > slowest.nanoseconds) slowest = { nanoseconds, size: input.length }
    if (nanoseconds > patience.least + patience.each * input.length) {
      findings.push({
        input,
        error: new Finding(`took ${(nanoseconds / 1e6).toFixed(1)} ms for ${input.length} bytes`)
      })
    }
  }

  for (const input of corpus) run(input)
  guide?.found(corpus, run)
  while (inputs < count && findings.length < 20) {
    const batch = Array.from({ length: batchSize }, () => {
      const [one, other] = [corpus[random(corpus.length)], corpus[random(corpus.length)]] as [Uint8Array, Uint8Array]
      return mutate(one, other, random)
    })
    for (const input of batch) run(input)
    if (guide !== undefined) corpus.push(...guide.found(batch, target.run))
  }
  return { inputs, findings, corpus: corpus.slice(target.seeds.length), slowest }
}
