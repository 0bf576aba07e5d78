import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './packages.ts'

const files = execFileSync('git', ['ls-files', '*.ts', '*.mjs'], { cwd: root, encoding: 'utf8' }).trim().split('\n')

/** What works on Linux only, and what works everywhere. */
const mistakes = [
  [/import\.meta\.url[^\n]*\.pathname/, 'use fileURLToPath: the path of a file URL on Windows begins with a slash'],
  [/import\.meta\.url\.(?:slice|replace)/, 'use fileURLToPath'],
  [/['"`]\/tmp\b/, 'use tmpdir()'],
  [/env(?:\.|\[')HOME\b/, 'use homedir()'],
  [/spawn(?:Sync)?\('(?:npm|npx|pnpm)'(?![^\n]*shell)/, 'pass `shell` on Windows, where these programs are scripts']
] as const

test.each(mistakes)('no source file of the repository matches %s', (pattern, advice) => {
  const found = files.filter((file) => file !== 'tools/checks/test/portable.node.test.ts')
  expect(
    found.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8'))),
    advice
  ).toEqual([])
})

test('scripts in package.json need no POSIX shell', () => {
  const manifests = execFileSync('git', ['ls-files', 'package.json', '*/package.json'], { cwd: root, encoding: 'utf8' })
  const scripts = manifests
    .trim()
    .split('\n')
    .flatMap((file) => {
      const { scripts: found = {} } = JSON.parse(readFileSync(join(root, file), 'utf8')) as {
        scripts?: Record<string, string>
      }
      return Object.entries(found).map(([name, command]) => `${file} ${name}: ${command}`)
    })
  expect(scripts.filter((line) => /(?:: |&& )(?:rm|cp|mv|mkdir|export|[A-Z_]+=)\b|\$[A-Z{(]|'/.test(line))).toEqual([])
})
