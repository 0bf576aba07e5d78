import { Finding } from './target.ts'
import type { Target } from './target.ts'
import { mutate } from './mutate.ts'
import type { Random } from './mutate.ts'

/** The result of fuzzing a target. */
export interface FuzzResult {
  readonly inputs: number
  readonly findings: readonly { readonly input: Uint8Array; readonly error: unknown }[]
  /** inputs that covered new code */
  readonly corpus: readonly Uint8Array[]
  /** the time of the slowest input in ns, and its size in bytes */
  readonly slowest: { readonly nanoseconds: number; readonly size: number }
}

export interface Guide {
  /** returns the inputs of the batch that covered new code */
  select(batch: readonly Uint8Array[], run: (input: Uint8Array) => void): readonly Uint8Array[]
}

const batchSize = 256
/** maximum time of an input: `base` ns, and `perByte` ns for each of its bytes */
const timeLimit = { base: 1_000_000, perByte: 20_000 }

/** Runs `count` inputs that are mutations of the corpus. The corpus grows by the inputs that `guide` selects. */
export function fuzz(
  target: Target,
  savedCorpus: readonly Uint8Array[],
  count: number,
  random: Random,
  guide?: Guide
): FuzzResult {
  const corpus = [...target.seeds, ...savedCorpus]
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
    // repeat a slow input, as the machine may have been busy
    for (let tries = 0; tries < 3 && nanoseconds > timeLimit.base / 10; tries++)
      nanoseconds = Math.min(nanoseconds, timed(input))
    if (nanoseconds > slowest.nanoseconds) slowest = { nanoseconds, size: input.length }
    if (nanoseconds > timeLimit.base + timeLimit.perByte * input.length) {
      findings.push({
        input,
        error: new Finding(`took ${(nanoseconds / 1e6).toFixed(1)} ms for ${input.length} bytes`)
      })
    }
  }

  for (const input of corpus) run(input)
  guide?.select(corpus, run)
  while (inputs < count && findings.length < 20) {
    const batch = Array.from({ length: batchSize }, () => {
      const [one, other] = [corpus[random(corpus.length)], corpus[random(corpus.length)]] as [Uint8Array, Uint8Array]
      return mutate(one, other, random)
    })
    for (const input of batch) run(input)
    if (guide !== undefined) corpus.push(...guide.select(batch, target.run))
  }
  return { inputs, findings, corpus: corpus.slice(target.seeds.length), slowest }
}
