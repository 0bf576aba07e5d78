import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, sources } from './packages.ts'

/** Guides with the code of programs that tests run: each of their blocks is part of a file in this folder, word for word. */
const programs = new Map([
  ['browsers.md', 'examples/jobs'],
  ['helia.md', 'examples/jobs'],
  ['js-libp2p.md', 'examples/jobs'],
  ['logs-and-metrics.md', 'examples/jobs'],
  ['moving-from-ipns.md', 'tools/checks'],
  ['namespaces-and-policies.md', 'examples/jobs'],
  ['pubsub.md', 'packages/record-libp2p'],
  ['writing-a-store.md', 'packages/store-sqlite']
])

const guides = join(root, 'docs/guides')

for (const [guide, program] of programs) {
  test(`every code block of ${guide} is part of a program in ${program}`, () => {
    const folder = join(root, program)
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

test('every guide with the code of a program exists', () => {
  expect(readdirSync(guides)).toEqual(expect.arrayContaining([...programs.keys()]))
})
