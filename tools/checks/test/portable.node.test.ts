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

/** What engines lack, or what fails for objects of another realm, and what packages use instead. */
const unportable = [
  [/AbortSignal\.(?:any|timeout)\(/, 'use anySignal: edge runtimes have no AbortSignal.any'],
  [/ instanceof (?:Promise|AbortSignal)\b/, 'use isPromise: those of another realm are none of this class']
] as const

test.each(unportable)('no source file of the packages matches %s', (pattern, advice) => {
  const sources = files.filter((file) => /^packages\/(?!record-(?:cli|test-network)\/)[\w-]+\/src\//.test(file))
  const code = (file: string): string => readFileSync(join(root, file), 'utf8').replaceAll(/^\s*(?:\*|\/[/*]).*$/gm, '')
  const found = sources.filter((file) => !file.endsWith('/any-signal.ts') && pattern.test(code(file)))
  expect(found, advice).toEqual([])
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
