import { describe, expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { measure, readSizes, withSizes } from '../src/sizes/kept-sizes.ts'
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

test('the sizes in the guide that says which packages to install are those of sizes.json', () => {
  const guide = readFileSync(new URL('../../../docs/guides/choosing-packages.md', import.meta.url), 'utf8')
  expect(guide.match(/<!-- size: /g)?.length).toBeGreaterThan(10)
  expect(withSizes(guide, sizes)).toBe(guide)
})
