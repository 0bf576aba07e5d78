import type { MaybePromise } from '@recordkit/record-types'
import type { Times } from './welch.ts'

/** Work whose time is measured for inputs of two classes that are prepared in the same way. */
export interface Line {
  readonly title: string
  /** the claim of docs/security/timing.md */
  readonly claim: 'does not depend on the secret' | 'may depend on the secret' | 'depends, as a control'
  /** number of measurements of both classes together */
  readonly samples: number
  /** calls in one measurement: more than one for work of less than a microsecond */
  readonly calls: number
  /** makes the inputs of both classes in the same way, so that only their content differs */
  prepare(): MaybePromise<{ readonly fixed: readonly unknown[]; readonly random: readonly unknown[] }>
  /** the measured work */
  run(input: never): MaybePromise<unknown>
}

/** Measures both classes in random order, each with a pool of the same number of inputs. */
export async function measure(line: Line, random: () => number = Math.random): Promise<Times> {
  const pools = await line.prepare()
  const times = { fixed: [] as number[], random: [] as number[] }
  const warmUp = Math.min(2_000, line.samples / 10)
  for (let sample = -warmUp; sample < line.samples; sample++) {
    const kind = random() < 0.5 ? 'fixed' : 'random'
    const pool = pools[kind]
    const input = pool[Math.floor(random() * pool.length)] as never
    const started = process.hrtime.bigint()
    for (let call = 0; call < line.calls; call++) {
      const result = line.run(input)
      if (result instanceof Promise) await result
    }
    const nanoseconds = Number(process.hrtime.bigint() - started)
    if (sample >= 0) times[kind].push(nanoseconds)
  }
  return times
}
