import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { siteTarget } from './links.ts'
import { mapLinks, mapText } from './markdown.ts'
import { pages, readPage, repository, repositoryUrl, titleOf } from './pages.ts'

/** An image of the repository as a part of the page, so that it follows the theme of the site. */
function inlineSvg(file: string, alternative: string): string {
  const svg = readFileSync(join(repository, file), 'utf8')
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim()
  return `<div class="diagram" role="img" aria-label="${alternative.replaceAll('"', '&quot;')}" v-pre>${svg}</div>`
}

/** A page as the site shows it: images of diagrams as part of it, links to pages of the site or to the repository. */
export function stagedPage(source: string): string {
  const markdown = readPage(source)
  const images = mapText(markdown, (line) =>
    line.replaceAll(/!\[([^\]]*)\]\(([^)\s]+\.svg)\)/g, (_, alternative: string, target: string) =>
      inlineSvg(posix.join(posix.dirname(source), target), alternative)
    )
  )
  // Vue reads `{{ }}` in text as an expression
  const text = mapLinks(images, (target) => siteTarget(source, target))
  return `---\ntitle: ${JSON.stringify(titleOf(markdown))}\neditUrl: ${repositoryUrl}/edit/main/${source}\n---\n\n${text}`
}

/** Writes all pages into an empty folder. */
export function stagePages(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  for (const { source, path } of pages) {
    const file = join(folder, `${path}.md`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, stagedPage(source))
  }
  writeFileSync(join(folder, 'index.md'), readFileSync(join(repository, 'docs', 'site', 'index.md')))
}
