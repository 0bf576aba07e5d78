import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSizes } from '../src/sizes/kept-sizes.ts'
import { root } from './packages.ts'

const textOf = (file: string): string => readFileSync(join(root, file), 'utf8')
const [, table = ''] = /## Compared with other libraries\n([\s\S]*?)\n\n/.exec(textOf('README.md')) ?? []

/** The cells of the row of the table that begins with a text. */
function cells(begin: string): string[] {
  const row = table.split('\n').find((line) => line.startsWith(`| ${begin}`))
  expect(row, begin).toBeDefined()
  return (row ?? '')
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

test('the versions in the comparison of README.md are those that the tests install', () => {
  const lock = textOf('pnpm-lock.yaml')
  const named = [...(table.split('\n')[0] ?? '').matchAll(/`([^`]+)` (\d+\.\d+)/g)]
  expect(named.map(([, name]) => name)).toEqual(['ipns', '@libp2p/record', '@libp2p/kad-dht'])
  for (const [, name = '', version = ''] of named) expect(lock).toMatch(new RegExp(`^ {2}'?${name}@${version}\\.`, 'm'))
})

test('the sizes in the comparison of README.md are the measured ones', () => {
  const { esbuild = 0, alternative = 0 } = readSizes()['verify an IPNS record'] ?? {}
  const [, ours, theirs] = cells('verify an IPNS record')
  expect([ours, theirs]).toEqual([`${Math.round(esbuild / 1000)} kB`, `${Math.round(alternative / 1000)} kB`])
})

test('the speeds in the comparison of README.md are those of docs/speed.md', () => {
  const ratio = (work: string): number =>
    Number(new RegExp(`^\\| ${work} \\| [^|]+ \\| ([\\d.]+)`, 'm').exec(textOf('docs/speed.md'))?.[1])
  const [, ours = ''] = cells('speed')
  expect(Number(/(\d+) times for decoding/.exec(ours)?.[1])).toBe(Math.floor(ratio('decode a Record, 64 B')))
  expect(ours).toContain('about the same for validating with a new key')
  expect(Math.abs(ratio('validate an IPNS record, new key') - 1)).toBeLessThan(0.25)
})
