/** The used part of a report of Stryker. */
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
  readonly killed: number
  readonly all: number
  /** the mutants that survived: file, line, original, replacement */
  readonly survived: readonly string[]
}

/** Texts for people: quoted, with a space in them. A mutant of one says nothing about a test. */
const sentence = /^(['"`])[^'"`]* /

export function scoreOf({ files }: MutationReport): Score {
  let [killed, all] = [0, 0]
  const survived: string[] = []
  for (const [file, { source, mutants }] of Object.entries(files)) {
    const lines = source.split('\n')
    for (const { mutatorName, replacement = '', status, location } of mutants) {
      const { line, column } = location.start
      const text = lines[line - 1] ?? ''
      if (status === 'Ignored' || (mutatorName === 'StringLiteral' && sentence.test(text.slice(column - 1)))) continue
      all++
      if (status === 'Killed' || status === 'Timeout') killed++
      else survived.push(`${file}:${line} ${text.trim()} → ${replacement.replace(/\s+/g, ' ').slice(0, 80)}`)
    }
  }
  return { killed, all, survived }
}
