import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../../..', import.meta.url))

/** Where the files of the repository can be read that are not pages. */
export const repositoryUrl = 'https://github.com/recordkit/recordkit'

/** A Markdown file of the repository that is a page of the site. */
export interface Page {
  /** path in the repository */
  readonly source: string
  /** path in the site, without `.html` */
  readonly path: string
}

/** A group of pages, as the tables of docs/README.md list them. */
export interface Section {
  readonly title: string
  readonly pages: readonly Page[]
}

export function readPage(source: string): string {
  return readFileSync(join(repository, source), 'utf8')
}

function pathOf(source: string): string {
  if (source === 'docs/README.md') return 'documentation'
  return source
    .replace(/^docs\//, '')
    .replace(/(?:^|\/)README\.md$/, '')
    .replace(/\.md$/, '')
    .toLowerCase()
}

const patterns = [
  'docs/**/*.md',
  'packages/*/README.md',
  '{examples,vectors,vectors/recordkit,tools/interop}/README.md',
  '{ARCHITECTURE,CONTRIBUTING,SECURITY}.md'
]

/** All pages, in alphabetical order of their sources. */
export const pages: readonly Page[] = globSync(patterns, {
  cwd: repository,
  exclude: (path) => /(?:^|[/\\])node_modules$|^docs[/\\]site$/.test(path)
})
  .map((file) => file.replaceAll('\\', '/'))
  .toSorted()
  .map((source) => ({ source, path: pathOf(source) }))

const bySource = new Map(pages.map((page) => [page.source, page]))

export function findPage(source: string): Page | undefined {
  return bySource.get(source)
}

/** The title of a page: its first heading. */
export function titleOf(markdown: string): string {
  const [, title] = /^# (.+)$/m.exec(markdown) ?? []
  if (title === undefined) throw new Error('a page begins with a heading of the first level')
  return title.replaceAll('`', '')
}

/** The sections of docs/README.md with the pages that the rows of their tables link, and one for the packages. */
export function readSections(): Section[] {
  const [, ...parts] = readPage('docs/README.md').split(/^## /m)
  const documented = parts.map((part) => {
    const links = [...part.matchAll(/^\| \[[^\]]+\]\(([^)#]+)\)/gm)].map(([, target = '']) =>
      posix.join('docs', target)
    )
    return {
      title: part.slice(0, part.indexOf('\n')),
      pages: links.flatMap((source) => findPage(source) ?? [])
    }
  })
  const packages = pages.filter(({ source }) => source.startsWith('packages/'))
  return [...documented, { title: 'Packages', pages: packages }]
}
