import type { CaseResult, ConformanceReport } from './suite.ts'

const cellText = { passed: 'yes', failed: 'NO', skipped: '-' } as const

/**
 * Formats reports as a Markdown table with a row per case and a column per report: `yes`, `NO`, or `-` for skipped cases.
 * Below it are the errors of failed cases and the reasons of skipped ones.
 *
 * @example
 * ```ts
 * console.log(formatReports([await runStore(factory)]))
 * ```
 */
export function formatReports(reports: readonly ConformanceReport[]): string {
  const cases = new Map<string, CaseResult>()
  for (const { results } of reports) for (const result of results) cases.set(result.id, result)
  const columns = reports.map((report) => new Map(report.results.map((result) => [result.id, result])))
  const rows = [...cases.keys()].sort().map((id) => {
    const cells = columns.map((results) => {
      const result = results.get(id)
      return result === undefined ? '' : cellText[result.status]
    })
    return `| \`${id}\` | ${cases.get(id)?.level ?? ''} | ${cells.join(' | ')} |`
  })
  const totals = reports.map(({ results }) => {
    const count = (status: CaseResult['status']): number => results.filter((result) => result.status === status).length
    const skipped = count('skipped')
    return `${count('passed')} of ${results.length - skipped}${skipped > 0 ? `, ${skipped} skipped` : ''}`
  })
  const lines = [
    `| case | level | ${reports.map(({ name }) => name).join(' | ')} |`,
    `| --- | --- | ${reports.map(() => '---').join(' | ')} |`,
    ...rows,
    `| passed | | ${totals.join(' | ')} |`
  ]
  for (const { name, results } of reports) {
    for (const { id, status, reason = '' } of results) {
      if (status === 'failed') lines.push('', `${name} failed \`${id}\`: ${reason}`)
    }
    const skipped = results.filter(({ status }) => status === 'skipped')
    for (const reason of new Set(skipped.map((result) => result.reason ?? ''))) {
      const ids = skipped.filter((result) => result.reason === reason).map(({ id }) => `\`${id}\``)
      lines.push('', `${name} skipped ${ids.join(', ')}: ${reason}`)
    }
  }
  return `${lines.join('\n')}\n`
}
