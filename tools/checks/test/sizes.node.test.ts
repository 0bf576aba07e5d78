import { describe, expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { conditionsOf, pagesWithSizes, readSizes, withSizes } from '../src/sizes/kept-sizes.ts'
import { measureWithEsbuild, measureWithRollup } from '../src/sizes/bundle.ts'
import { programs } from '../src/sizes/programs.ts'

const sizes = readSizes()

/**
 * rollup takes most of the time, and its results differ from those of esbuild by 2 % at most: it bundles these here, and all
 * with `ALL_CASES=1` and in `pnpm run keep-sizes`.
 */
const withRollup = new Set([
  'encode and decode a Record',
  'manager, memory store, signed records, native Ed25519 only',
  'any package, imported and unused'
])
const runsAll = process.env['ALL_CASES'] === '1'

describe.each(programs)('the program "$name"', (program) => {
  test('is at most 3 % larger than its size in sizes.json (`pnpm run keep-sizes` in tools/checks writes the current sizes)', async () => {
    const before = sizes[program.name]
    const conditions = conditionsOf(program)
    expect(await measureWithEsbuild(program.code, conditions)).toBeLessThanOrEqual((before?.esbuild ?? 0) * 1.03)
    if (!runsAll && !withRollup.has(program.name)) return
    expect(await measureWithRollup(program.code, conditions)).toBeLessThanOrEqual((before?.rollup ?? 0) * 1.03)
  })
})

test('the sizes in guides and READMEs are those of sizes.json', () => {
  const pages = pagesWithSizes().map((path) => readFileSync(path, 'utf8'))
  expect(pages.join().match(/<!-- size: /g)?.length).toBeGreaterThan(30)
  for (const page of pages) expect(withSizes(page, sizes)).toBe(page)
})
