import type { MaybePromise } from '@recordkit/record-types'
import type { Times } from './welch.ts'

/** Something whose time is measured for inputs of two classes that are prepared alike. */
export interface Line {
  readonly title: string
  /** what we say of it */
  readonly says: 'does not depend on the secret' | 'may depend on the secret' | 'depends, as a control'
  /** measurements, both classes together */
  readonly samples: number
  /** calls in one measurement: what takes less than a microsecond is measured by the dozen */
  readonly calls: number
  /** an input of either class; makes all of them the same way, so that only their content differs */
  prepare(): MaybePromise<{ readonly fixed: readonly unknown[]; readonly random: readonly unknown[] }>
  /** what is measured */
  run(input: never): MaybePromise<unknown>
}

/** Measures both classes in a random order, each from a pool of as many inputs. */
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
    const taken = Number(process.hrtime.bigint() - started)
    if (sample >= 0) times[kind].push(taken)
  }
  return times
}
