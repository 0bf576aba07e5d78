import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { linkProblems, siteTarget } from '../src/links.ts'
import { anchorsOf, linksOf, mapLinks, slugOf } from '../src/markdown.ts'
import { pages, readPage, readSections, repository, titleOf } from '../src/pages.ts'
import { stagedPage } from '../src/stage.ts'

/** Markdown files that are not pages of the site, with links too. */
const others = ['README.md', '.github/pull_request_template.md']

test('every link in a Markdown file leads to a file that exists, and to a heading in it', () => {
  const problems = [...pages.map(({ source }) => source), ...others].flatMap((source) =>
    linkProblems(source).map((problem) => `${source}: ${problem}`)
  )
  expect(pages.length).toBeGreaterThan(60)
  expect(problems).toEqual([])
})

test('a link to a missing file or heading is found, also behind code and in an image', () => {
  const text =
    '[a](nowhere.md) [`b`](#nothing) ![c](none.svg) [d](README.md#documentation)\n```\n[e](code.md)\n```\n`[f](code.md)`'
  expect(linkProblems('docs/README.md', text)).toEqual([
    'nowhere.md: there is no file docs/nowhere.md',
    '#nothing: docs/README.md has no heading with that anchor',
    'none.svg: there is no file docs/none.svg'
  ])
})

test('docs/README.md lists every page of the documentation', () => {
  const listed = new Set(readSections().flatMap((section) => section.pages.map(({ source }) => source)))
  const missing = pages.filter(({ source }) => source.startsWith('docs/') && !listed.has(source))
  expect(missing.map(({ source }) => source)).toEqual(['docs/README.md'])
})

test('no two pages of the site have one path, and each has a title', () => {
  const paths = pages.map(({ path }) => path)
  expect(new Set(paths).size).toBe(paths.length)
  for (const { source } of pages) expect(titleOf(readPage(source)), source).not.toBe('')
})

test('the site links pages by their path, and other files where the repository can be read', () => {
  expect(siteTarget('docs/spec/README.md', '../errors.md#what')).toBe('/errors#what')
  expect(siteTarget('docs/README.md', '../packages/record-codec')).toBe('/packages/record-codec')
  expect(siteTarget('docs/README.md', '../LICENSE')).toBe('https://github.com/recordkit/recordkit/blob/main/LICENSE')
  expect(siteTarget('docs/README.md', '../packages')).toBe('https://github.com/recordkit/recordkit/tree/main/packages')
  expect(siteTarget('docs/README.md', 'https://example.com/a')).toBe('https://example.com/a')
})

test('a page of the site has the diagrams of its source as elements, and the text of its source', () => {
  const page = stagedPage('docs/concepts/README.md')
  expect(page.match(/<svg /g)).toHaveLength(5)
  expect(page).toContain('title: "Concepts"')
  expect(page).toContain('[The stopping rule](/spec/stopping-rule)')
  expect(page).not.toContain('](layers.svg)')
})

test('anchors are those of GitHub', () => {
  expect(slugOf('`npm test`, and — what?')).toBe('npm-test-and--what')
  expect([...anchorsOf('# A\n## A\n### [B c](x.md)\n<a id="d"></a>')]).toEqual(['a', 'a-1', 'b-c', 'd'])
})

test('links in code are not links', () => {
  const text = 'a `[x](y)` [z](w)\n~~~\n[x](y)\n~~~'
  expect(linksOf(text)).toEqual(['w'])
  expect(mapLinks(text, () => 'v')).toBe('a `[x](y)` [z](v)\n~~~\n[x](y)\n~~~')
})

test('the home page links only pages of the site, the API reference and the inspector', () => {
  const home = readFileSync(join(repository, 'docs/site/index.md'), 'utf8')
  const targets = [...home.matchAll(/link: \/([^\s]*)/g)].map(([, path = '']) => path.replace(/\/$/, ''))
  const known = new Set([...pages.map(({ path }) => path), 'inspector', 'api'])
  expect(targets.length).toBeGreaterThan(8)
  expect(targets.filter((path) => !known.has(path))).toEqual([])
})

test('every folder of the documentation with Markdown files is part of the site', () => {
  const files = globSync('docs/**/*.md', { cwd: repository }).map((file) => file.replaceAll('\\', '/'))
  const sources = new Set(pages.map(({ source }) => source))
  const left = files.filter((file) => !sources.has(file) && !file.includes('node_modules'))
  expect(left.filter((file) => !file.startsWith('docs/site/'))).toEqual([])
})
