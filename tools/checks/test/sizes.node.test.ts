import { describe, expect, test } from 'vitest'
import { keptWeights, weigh } from '../src/sizes/kept.ts'
import { programs } from '../src/sizes/programs.ts'

const kept = keptWeights()

describe.each(programs)('$name', (program) => {
  test('weighs at most 3 % more than is kept in sizes.json (`pnpm run keep-sizes` in tools/checks keeps what it weighs now)', async () => {
    const before = kept[program.name]
    const { esbuild, rollup } = await weigh(program)
    expect(esbuild).toBeLessThanOrEqual((before?.esbuild ?? 0) * 1.03)
    expect(rollup).toBeLessThanOrEqual((before?.rollup ?? 0) * 1.03)
  })
})
