import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** The `id`s of a built page. */
function idsOf(html: string): Set<string> {
  return new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => decode(id as string)))
}

const decode = (text: string): string =>
  text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'")

/** The links and sources of a built page that lead to the site itself. */
function targetsOf(html: string): string[] {
  // what is in a block of code is text
  return [...html.matchAll(/<(?:a|link|script|img)\b[^>]*?\s(?:href|src)="([^"]+)"/g)]
    .map(([, target]) => decode(target as string))
    .filter((target) => !/^[a-z][a-z0-9+.-]*:|^\/\//i.test(target))
}

/**
 * The links of all built pages whose file or anchor does not exist.
 *
 * @param folder - of the built site
 * @returns the number of links, and a sentence for each that leads nowhere
 */
export function checkBuiltLinks(folder: string): { readonly links: number; readonly problems: string[] } {
  const files = globSync('**/*.html', { cwd: folder }).map((file) => file.replaceAll('\\', '/'))
  const texts = new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
  const ids = new Map([...texts].map(([file, html]) => [file, idsOf(html)]))
  let links = 0
  const problems: string[] = []
  for (const [file, html] of texts)
    for (const target of targetsOf(html)) {
      links++
      const [path = '', anchor = ''] = target.split('#').map(decodeURIComponent)
      const found = path === '' ? file : resolvePage(folder, file, path)
      if (found === undefined) problems.push(`${file} links ${target}, which is not in the site`)
      else if (anchor !== '' && ids.has(found) && !ids.get(found)!.has(anchor))
        problems.push(`${file} links ${target}, which ${found} does not contain`)
    }
  return { links, problems: [...new Set(problems)] }
}

function resolvePage(folder: string, from: string, path: string): string | undefined {
  const clean = path.split('?')[0] as string
  const resolved = clean.startsWith('/') ? clean.slice(1) : posix.join(posix.dirname(from), clean)
  return [resolved, `${resolved}.html`, posix.join(resolved, 'index.html')].find(
    (file) => /\.[a-z0-9]+$/i.test(file) && existsSync(join(folder, file))
  )
}
