import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** How far a release changes a version, from the least to the most. */
export const levels = ['none', 'patch', 'minor', 'major'] as const
export type Level = (typeof levels)[number]

/** The highest level that the changesets announce for each package. */
export function announcedLevels(root: string): Map<string, Level> {
  const announced = new Map<string, Level>()
  for (const file of globSync('.changeset/*.md', { cwd: root })) {
    const [, head = ''] = /^---\n([\s\S]*?)^---$/m.exec(readFileSync(join(root, file), 'utf8')) ?? []
    for (const [, name = '', level] of head.matchAll(/^['"]?([^'":]+)['"]?: *(\w+)$/gm))
      if (levels.indexOf(level as Level) > levels.indexOf(announced.get(name) ?? 'none'))
        announced.set(name, level as Level)
  }
  return announced
}

/** The lines of each text that the other does not have. */
export function changedLines(before: string, after: string): { removed: string[]; added: string[] } {
  const less = (text: string, other: string): string[] => {
    const counts = new Map<string, number>()
    for (const line of other.split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1)
    return text.split('\n').filter((line) => {
      const count = counts.get(line) ?? 0
      counts.set(line, count - 1)
      return count <= 0
    })
  }
  return { removed: less(before, after), added: less(after, before) }
}

/** The level that a change of the API needs: below 1.0.0, a minor release may break. */
export function neededLevel(version: string, before: string, after: string): Level {
  if (before === after) return 'none'
  const breaks = changedLines(before, after).removed.length > 0
  if (version.startsWith('0.')) return breaks ? 'minor' : 'patch'
  return breaks ? 'major' : 'minor'
}
