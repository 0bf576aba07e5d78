// How changesets writes CHANGELOG.md; .changeset/config.json names this file.

interface Changeset {
  readonly summary: string
}

interface Dependency {
  readonly name: string
  readonly newVersion: string
}

/** characters of a first sentence that can be a heading */
const headingLength = 130

/** Where the first sentence ends: before a space and a new sentence, outside of code. */
function endOfSentence(text: string): number {
  const masked = text.replaceAll(/`[^`]*`/g, (code) => 'x'.repeat(code.length))
  const found = /[.:](?= [A-Zx])/.exec(masked)
  return found === null ? text.length : found.index + 1
}

/**
 * An item of a change: its first sentence, in bold unless it is long, and the others as paragraphs below.
 *
 * @example
 * ```ts
 * getReleaseLine({ summary: 'Reads are faster. A miss asks once.' }) // '- **Reads are faster.**\n\n  A miss asks once.\n'
 * ```
 */
export function getReleaseLine({ summary }: Changeset): string {
  const [first = '', ...paragraphs] = summary.trim().split(/\n\s*\n/)
  const text = first.replaceAll(/\s*\n(?!\s*[-|])\s*/g, ' ')
  const end = endOfSentence(text)
  const rest = [text.slice(end).trim(), ...paragraphs].filter((paragraph) => paragraph !== '')
  const indented = rest.map((paragraph) => paragraph.replaceAll(/^(?=.)/gm, '  '))
  const sentence = text.slice(0, end).replace(/:$/, '.')
  const heading = sentence.length <= headingLength ? `**${sentence}**` : sentence
  return `${[`- ${heading}`, ...indented].join('\n\n')}\n`
}

/** One line for all dependencies in the repository that have a new version. */
export function getDependencyReleaseLine(
  _changesets: readonly Changeset[],
  dependencies: readonly Dependency[]
): string {
  if (dependencies.length === 0) return ''
  const names = dependencies.map(({ name, newVersion }) => `\`${name.replace('@recordkit/', '')}\` ${newVersion}`)
  return `- Updated dependencies: ${names.toSorted().join(', ')}`
}
