import { expect, test } from 'vitest'
import { isAccepted } from '../src/licences.ts'
import { fileProblems, listing } from '../src/packed.ts'

const complete = [
  'CHANGELOG.md',
  'LICENSE',
  'LICENSE-APACHE',
  'LICENSE-MIT',
  'README.md',
  'dist/index.d.ts',
  'dist/index.d.ts.map',
  'dist/index.js',
  'dist/index.js.map',
  'dist/node/index.js',
  'package.json',
  'src/index.ts'
]

test('the files of a complete package have no problems', () => {
  expect(fileProblems(complete)).toEqual([])
})

test('a package without a licence or a README is refused', () => {
  expect(fileProblems(complete.filter((file) => !/^(LICENSE|README)/.test(file)))).toEqual([
    'README.md is missing',
    'LICENSE is missing',
    'LICENSE-APACHE is missing',
    'LICENSE-MIT is missing'
  ])
})

test('a package with tests, build state or the output of a deleted file is refused', () => {
  const wrong = ['dist/.tsbuildinfo', 'dist/removed.js', 'src/index.test.ts', 'test/a.ts']
  expect(fileProblems([...complete, ...wrong])).toEqual([
    'dist/.tsbuildinfo does not belong into the package',
    'src/index.test.ts does not belong into the package',
    'test/a.ts does not belong into the package',
    'dist/removed.js was compiled from a file that is not in the package'
  ])
})

test('a licence is accepted when one of its choices is', () => {
  const licences = ['MIT', '(Apache-2.0 OR GPL-3.0)', 'MIT AND ISC', 'GPL-3.0', 'MIT AND GPL-2.0', 'unknown']
  expect(licences.filter(isAccepted)).toEqual(licences.slice(0, 3))
})

test('the listing has a line for each package and one for the sum', () => {
  const one = { version: '0.2.0', tarball: '', files: ['a', 'b'], packedSize: 1500, unpackedSize: 4000, problems: [] }
  const lines = listing([
    { name: '@recordkit/a', ...one },
    { name: '@recordkit/b', ...one }
  ]).split('\n')
  expect(lines.map((line) => line.trim().split(/\s{2,}/))).toEqual([
    ['package', 'version', 'files', 'kB packed', 'kB unpacked'],
    ['@recordkit/a', '0.2.0', '2', '1.5', '4.0'],
    ['@recordkit/b', '0.2.0', '2', '1.5', '4.0'],
    ['2 packages', '4', '3.0', '8.0']
  ])
})
