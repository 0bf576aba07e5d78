import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { packages, root, sources } from './packages.ts'

const run = promisify(execFile)

for (const { name, folder } of packages) {
  test(`the first example in the README of ${name} runs`, async () => {
    const readme = join(folder, 'README.md')
    expect(existsSync(readme), 'the package has a README').toBe(true)
    const code = /^```ts\n([\s\S]*?)^```$/m.exec(readFileSync(readme, 'utf8'))?.[1]
    expect(code, 'the README has an example').toBeDefined()
    await run(process.execPath, ['--input-type=module-typescript', '--eval', code ?? ''], { cwd: folder })
  })
}

test('examples do not use `await using`: WebKit has no Symbol.asyncDispose', () => {
  const published = packages.filter(({ name }) => name !== 'record-test-network')
  const documents = [join(root, 'README.md'), ...published.map(({ folder }) => join(folder, 'README.md'))]
  const commented = published.flatMap(({ folder }) => sources(join(folder, 'src')))
  const found = [...documents, ...commented].filter((file) => /^[ *]*await using /m.test(readFileSync(file, 'utf8')))
  expect(found).toEqual([])
})
