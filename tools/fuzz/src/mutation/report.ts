/** What is used of Stryker's report. */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>
}

interface Mutant {
  readonly mutatorName: string
  readonly replacement?: string
  readonly status: string
  readonly location: { readonly start: { readonly line: number; readonly column: number } }
}

export interface Score {
  readonly seen: number
  readonly all: number
  /** where a change went unseen: file, line, what it was, what it became */
  readonly unseen: readonly string[]
}

/** Texts that are read by people alone: quoted, with a space in them. A change of one says nothing of a test. */
const sentence = /^(['"`])[^'"`]* /

export function scoreOf({ files }: MutationReport): Score {
  let [seen, all] = [0, 0]
  const unseen: string[] = []
  for (const [file, { source, mutants }] of Object.entries(files)) {
    const lines = source.split('\n')
    for (const { mutatorName, replacement = '', status, location } of mutants) {
      const { line, column } = location.start
      const text = lines[line - 1] ?? ''
      if (status === 'Ignored' || (mutatorName === 'StringLiteral' && sentence.test(text.slice(column - 1)))) continue
      all++
      if (status === 'Killed' || status === 'Timeout') seen++
      else unseen.push(`${file}:${line} ${text.trim()} → ${replacement.replace(/\s+/g, ' ').slice(0, 80)}`)
    }
  }
  return { seen, all, unseen }
}
