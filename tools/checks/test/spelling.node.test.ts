import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './packages.ts'

/** cspell 10 needs it */
const leastNode = [22, 18] as const
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const canRun = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])

/** The words that are neither English nor in cspell.json, each with its place. */
function misspelled(files: readonly string[], input?: string): string[] {
  const args = ['lint', '--no-progress', '--no-summary', '--config', join(root, 'cspell.json'), ...files]
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(root, 'node_modules/cspell/bin.mjs'), ...args], {
    cwd: root,
    encoding: 'utf8',
    input
  })
  // 0 without unknown words, 1 with some
  if (status !== 0 && (status !== 1 || stdout === '')) throw new Error(`cspell ended with ${status}: ${stderr}`)
  return stdout.split('\n').filter((line) => line !== '')
}

const documents = ['*.md', 'docs/**/*.md', '{packages,examples,tools,vectors}/**/README.md', '.changeset/*.md']
/** their comments, and in packages their texts: cspell.json says so */
const sources = ['packages/*/{src,test}/**/*.ts', '{examples,tools}/**/*.ts']

// one process for all: half of its time is the start
test.skipIf(!canRun)(
  'documentation, comments and error messages contain no misspelled word',
  () => {
    const exclude = (path: string): boolean => /(^|\/)(node_modules|dist|generated)$/.test(path)
    const files = globSync([...documents, ...sources], { cwd: root, exclude })
    expect(files.length).toBeGreaterThan(1000)
    expect(misspelled(['--file-list', 'stdin'], files.join('\n'))).toEqual([])
  },
  180_000
)

test.skipIf(!canRun)('the spelling check finds a misspelled word and accepts the words of this project', () => {
  // joined here, as a spelling check may read this file one day
  const wrong = ['publi', 'cashun'].join('')
  expect(misspelled(['stdin'], `a multihash and a ${wrong}\n`).map((line) => line.includes(wrong))).toEqual([true])
})
