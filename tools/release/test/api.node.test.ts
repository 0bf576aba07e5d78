import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { announcedLevels, changedLines, neededLevel } from '../src/api/announced.ts'
import { apiReport } from '../src/api/report.ts'

const folders: string[] = []

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'recordkit-api-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const manifest = {
  name: '@recordkit/x',
  exports: { '.': './src/index.ts', './more': './src/more.ts', './internal': './src/internal.ts' }
}
const files = {
  'dist/index.d.ts': `export { open as openStore } from './store.ts';\nexport * from './limits.ts';\nexport { type Clock } from '@recordkit/y';\n`,
  'dist/store.d.ts': `import type { Options } from './options.ts';\n/** Opens. */\nexport declare function open(options?: Options): Store;\nexport declare function open(name: string): Store;\ndeclare class Store {\n    #private;\n    private secret;\n    /** a size */\n    readonly size: number;\n}\n`,
  'dist/options.d.ts': `export interface Options { readonly limit?: number | undefined; }\nexport interface Unused {}\n`,
  'dist/limits.d.ts': `export declare const limit = 3;\n`,
  'dist/more.d.ts': `export { limit } from './limits.ts';\nexport declare const more: bigint;\n`,
  'dist/internal.d.ts': `export declare const internal: string;\n`
}

test('the report of a package has the exports of each entry point and the declarations that they use', () => {
  expect(apiReport(folderWith(files), manifest)).toBe(`# Public API of @recordkit/x

Written by \`npm run api\`.

## @recordkit/x

\`\`\`ts
export { Clock } from '@recordkit/y'
const limit = 3;
// openStore is the name outside of
function open(options?: Options): Store;
function open(name: string): Store;
\`\`\`

## @recordkit/x/more

\`\`\`ts
export { limit } from '@recordkit/x'
const more: bigint;
\`\`\`

## Used above, and not exported

\`\`\`ts
interface Options { readonly limit?: number | undefined; }
class Store {
    readonly size: number;
}
\`\`\`
`)
})

test('a type that is not exported changes the report of the function that uses it', () => {
  const before = apiReport(folderWith(files), manifest)
  const changed = { ...files, 'dist/options.d.ts': files['dist/options.d.ts'].replace('number', 'bigint') }
  const after = apiReport(folderWith(changed), manifest)
  expect(changedLines(before, after)).toEqual({
    removed: ['interface Options { readonly limit?: number | undefined; }'],
    added: ['interface Options { readonly limit?: bigint | undefined; }']
  })
})

test('a change that breaks needs a minor release below 1.0.0 and a major one above, an addition less', () => {
  const levels = ['0.3.0', '1.2.0'].map((version) => [
    neededLevel(version, 'a\nb', 'a\nb'),
    neededLevel(version, 'a\nb', 'a\nc\nb'),
    neededLevel(version, 'a\nb', 'a\nc')
  ])
  expect(levels).toEqual([
    ['none', 'patch', 'minor'],
    ['none', 'minor', 'major']
  ])
})

test('the highest level that a changeset announces counts', () => {
  const root = folderWith({
    '.changeset/a.md': `---\n'@recordkit/x': patch\n"@recordkit/y": patch\n---\n\nText: major\n`,
    '.changeset/b.md': `---\n'@recordkit/x': minor\n---\n`,
    '.changeset/c.md': `---\n'@recordkit/x': patch\n---\n`
  })
  expect(Object.fromEntries(announcedLevels(root))).toEqual({ '@recordkit/x': 'minor', '@recordkit/y': 'patch' })
})
