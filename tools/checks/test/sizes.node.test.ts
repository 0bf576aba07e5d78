import { describe, expect, test } from 'vitest'
import { measure, readSizes } from '../src/sizes/kept-sizes.ts'
import { programs } from '../src/sizes/programs.ts'

const sizes = readSizes()

describe.each(programs)('the program "$name"', (program) => {
  test('is at most 3 % larger than its size in sizes.json (`pnpm run keep-sizes` in tools/checks writes the current sizes)', async () => {
    const before = sizes[program.name]
    const { esbuild, rollup } = await measure(program)
    expect(esbuild).toBeLessThanOrEqual((before?.esbuild ?? 0) * 1.03)
    expect(rollup).toBeLessThanOrEqual((before?.rollup ?? 0) * 1.03)
  })
})
