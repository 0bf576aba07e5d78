import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packages, root, sources } from './packages.ts'

/** The first example of a package README, which `code-blocks` runs. */
const firstExamples = new Set(
  packages.map(({ folder }) => /^```ts\n([\s\S]*?)^```$/m.exec(readFileSync(join(folder, 'README.md'), 'utf8'))?.[1])
)

test('every code block of a quick start is a program of the jobs, or the first example of a package', () => {
  const jobs = ['src', 'test'].flatMap((part) => sources(join(root, 'examples/jobs', part)))
  const code = jobs.map((file) => readFileSync(file, 'utf8'))
  const pages = readdirSync(join(root, 'docs/quick-start'))
  expect(pages.length).toBeGreaterThan(6)
  for (const page of pages)
    for (const [, block = ''] of readFileSync(join(root, 'docs/quick-start', page), 'utf8').matchAll(
      /^```ts\n([\s\S]*?)^```$/gm
    ))
      expect(firstExamples.has(block) || code.some((text) => text.includes(block)), `${page}: ${block}`).toBe(true)
})

test('every command of the quick start of the command line exists', () => {
  const page = readFileSync(join(root, 'docs/quick-start/command-line.md'), 'utf8')
  const commands = [...page.matchAll(/`recordkit ([a-z]+)/g)].map(([, command]) => command as string)
  const readme = readFileSync(join(root, 'packages/record-cli/README.md'), 'utf8')
  const [, table = ''] = /## Commands\n([\s\S]*?)\n\n/.exec(readme) ?? []
  expect(commands.length).toBeGreaterThan(6)
  expect(commands.filter((command) => !new RegExp(`\\b${command}\\b`).test(table))).toEqual([])
})
