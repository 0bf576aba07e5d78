import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A fenced block of a page. */
export interface CodeBlock {
  /** path in the repository */
  readonly page: string
  /** of its fence, from 1 */
  readonly line: number
  /** of its fence, such as `ts`; empty for a command */
  readonly language: string
  /** without the indentation that a list gives it */
  readonly code: string
}

const pages = ['*.md', 'docs/*.md', 'docs/*/*.md', '{packages,examples,tools}/*/*.md', 'vectors/**/*.md']

/** @returns every fenced block of the documentation, page by page */
export function findBlocks(root: string): CodeBlock[] {
  const files = globSync(pages, { cwd: root, exclude: ['**/{CHANGELOG,api}.md'] }).toSorted()
  return files.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/^( *)```(.*)\n([\s\S]*?)^\1```$/gm)].map((match) => {
      const [, indentation = '', language = '', code = ''] = match
      const line = match.input.slice(0, match.index).split('\n').length
      return { page, line, language, code: code.replaceAll(new RegExp(`^${indentation}`, 'gm'), '') }
    })
  )
}

/** The languages of blocks that are compiled. */
export const isCode = ({ language }: CodeBlock): boolean => /^(?:[cm]?[jt]sx?|javascript|typescript)\b/.test(language)
