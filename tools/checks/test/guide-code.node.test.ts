import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, sources } from './packages.ts'

/** Guides with the code of an example: each of their blocks is part of one of its files, word for word. */
const examples = new Map([['writing-a-store.md', 'store-sqlite']])

const guides = join(root, 'docs/guides')

for (const [guide, example] of examples) {
  test(`every code block of ${guide} is part of examples/${example}`, () => {
    const folder = join(root, 'examples', example)
    const files = ['src', 'test']
      .filter((part) => existsSync(join(folder, part)))
      .flatMap((part) => sources(join(folder, part)))
    const code = files.map((file) => readFileSync(file, 'utf8'))
    const blocks = [...readFileSync(join(guides, guide), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
    expect(blocks.length).toBeGreaterThan(0)
    for (const [, block = ''] of blocks) {
      expect(
        code.some((text) => text.includes(block)),
        block
      ).toBe(true)
    }
  })
}

test('every guide with the code of an example exists', () => {
  expect(readdirSync(guides)).toEqual(expect.arrayContaining([...examples.keys()]))
})
