/** A line of a page outside of blocks of code, with its text before and after the change. */
const fence = /^\s*(`{3,}|~{3,})/

/** Changes the lines of a page that are not in a block of code. */
export function mapText(markdown: string, change: (line: string) => string): string {
  let end: string | undefined
  return markdown
    .split('\n')
    .map((line) => {
      const [, mark] = fence.exec(line) ?? []
      if (end !== undefined) {
        if (mark !== undefined && mark.startsWith(end)) end = undefined
        return line
      }
      if (mark !== undefined) {
        end = mark
        return line
      }
      return change(line)
    })
    .join('\n')
}

/** Calls `change` for the parts of a line that are not code. */
function outsideCode(line: string, change: (text: string) => string): string {
  return line
    .split(/(`+[^`]*`+)/)
    .map((part, index) => (index % 2 === 1 ? part : change(part)))
    .join('')
}

/** The pattern of a target in `[text](target)`, whose text may contain code. */
const linkTarget = /\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)*)\)/g

/** Replaces the targets of links and images. */
export function mapLinks(markdown: string, change: (target: string) => string): string {
  return mapText(markdown, (line) =>
    // `[`code`](target)`: only the target is outside of code
    outsideCode(line, (text) => text.replaceAll(linkTarget, (_, target: string) => `](${change(target)})`))
  )
}

/** All targets of links and images. */
export function linksOf(markdown: string): string[] {
  const found: string[] = []
  mapLinks(markdown, (target) => {
    found.push(target)
    return target
  })
  return found
}

/** The anchor that GitHub gives a heading; the site uses the same. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')
}

/** The anchors of the headings of a page. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>()
  mapText(markdown, (line) => {
    const [, heading] = /^#{1,6} (.+?)\s*#*$/.exec(line) ?? []
    if (heading !== undefined) {
      const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      const slug = slugOf(plain)
      let anchor = slug
      for (let number = 1; anchors.has(anchor); number++) anchor = `${slug}-${number}`
      anchors.add(anchor)
    }
    for (const [, id] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id as string)
    return line
  })
  return anchors
}
