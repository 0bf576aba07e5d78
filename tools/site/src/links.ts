import { existsSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { anchorsOf, linksOf } from './markdown.ts'
import { findPage, readPage, repository, repositoryUrl } from './pages.ts'

const isExternal = (target: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(target)

/** The file in the repository that a link of a page names, and its anchor. */
function fileOf(source: string, target: string): { file: string; anchor: string } {
  const [path = '', anchor = ''] = target.split('#')
  const file = path === '' ? source : posix.join(posix.dirname(source), decodeURI(path))
  return { file: file.replace(/\/$/, ''), anchor }
}

/** The page of a file or of a folder with a README. */
const pageOf = (file: string): ReturnType<typeof findPage> => findPage(file) ?? findPage(`${file}/README.md`)

const anchors = new Map<string, Set<string>>()

function anchorsOfFile(file: string): Set<string> {
  const known = anchors.get(file) ?? anchorsOf(readPage(file))
  anchors.set(file, known)
  return known
}

/** What is wrong with a link; `undefined` when its file and its anchor exist. Links to other hosts are not followed. */
function problemOf(source: string, target: string): string | undefined {
  if (isExternal(target)) return undefined
  const { file, anchor } = fileOf(source, target)
  if (file.startsWith('../') || !existsSync(join(repository, file))) return `${target}: there is no file ${file}`
  const page = file.endsWith('.md') ? file : pageOf(file)?.source
  if (anchor === '' || page === undefined) return undefined
  return anchorsOfFile(page).has(anchor) ? undefined : `${target}: ${page} has no heading with that anchor`
}

/** The problems of the links of a Markdown file. */
export function linkProblems(source: string, markdown: string = readPage(source)): string[] {
  return linksOf(markdown).flatMap((target) => problemOf(source, target) ?? [])
}

/** The target of a link in the site: another page, or the file at the host of the repository. */
export function siteTarget(source: string, target: string): string {
  if (isExternal(target) || target.startsWith('#')) return target
  const { file, anchor } = fileOf(source, target)
  const hash = anchor === '' ? '' : `#${anchor}`
  const page = pageOf(file)
  if (page !== undefined) return `/${page.path}${hash}`
  const kind = statSync(join(repository, file)).isDirectory() ? 'tree' : 'blob'
  return `${repositoryUrl}/${kind}/main/${file}${hash}`
}
