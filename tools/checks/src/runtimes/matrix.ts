import type { RowResult } from './program/run.ts'

/** A column of the matrix. */
export interface Column {
  readonly title: string
  readonly results: readonly RowResult[]
}

function cell(result: RowResult | undefined): string {
  if (result === undefined) return ''
  const { passed, failed, unsupported } = result
  if (failed > 0) return `${failed} wrong of ${passed + failed + unsupported}`
  return unsupported > 0 ? `${passed}, ${unsupported} not decided` : String(passed)
}

/** The results as a Markdown table: one row per job or file of vectors, one column per runtime. */
export function matrix(columns: readonly Column[]): string {
  const names = [...new Set(columns.flatMap(({ results }) => results.map(({ name }) => name)))]
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rows = names.map((name) =>
    line([name, ...columns.map(({ results }) => cell(results.find((result) => result.name === name)))])
  )
  return [line(['', ...columns.map(({ title }) => title)]), line(['---', ...columns.map(() => '---')]), ...rows].join(
    '\n'
  )
}

/** The reasons of cases that failed or were not decided, as a Markdown list. */
export function reasons(columns: readonly Column[]): string {
  return columns
    .flatMap(({ title, results }) =>
      results.flatMap(({ name, reasons: found }) => found.map((reason) => `- ${title}, ${name}: ${reason}`))
    )
    .join('\n')
}

/** The sums of the results as a Markdown table, one row per column of the matrix. */
export function totals(columns: readonly Column[]): string {
  if (columns.length === 0) return ''
  const rows = columns.map(({ title, results }) => {
    const sum = (field: 'passed' | 'failed' | 'unsupported'): number =>
      results.reduce((total, result) => total + result[field], 0)
    return `| ${title} | ${sum('passed')} | ${sum('failed')} | ${sum('unsupported')} |`
  })
  return ['| where | as expected | wrong | not decided |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
