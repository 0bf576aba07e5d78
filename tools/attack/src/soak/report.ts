import { readFile, writeFile } from 'node:fs/promises'
import { plot } from './plot.ts'
import type { Line } from './plot.ts'
import type { Ledger } from './ledger.ts'
import type { Memory } from './samples.ts'
import type { FleetCheck } from './check-fleet.ts'
import type { Faults } from './fault-injector.ts'

export interface Report {
  readonly minutes: number
  readonly nodes: number
  readonly ledger: Ledger
  readonly faults: Faults
  readonly checked: FleetCheck['checked']
  readonly memory: Memory
  readonly problems: readonly string[]
}

const pages = new URL('../../../../docs/security/', import.meta.url)

/**
 * Formats the figures of a soak.
 *
 * @param write - also write them to docs/security/soak.md, and the plot to soak.svg
 */
export async function writeReport(report: Report, lines: readonly Line[], write: boolean): Promise<string> {
  const table = tableOf(report)
  if (write) {
    await writeFile(
      new URL('soak.svg', pages),
      plot(`${report.nodes} nodes, ${report.minutes} minutes: the two nodes that were not killed`, lines)
    )
    const page = new URL('soak.md', pages)
    const text = await readFile(page, 'utf8')
    await writeFile(
      page,
      text.replace(/<!-- soak -->[\s\S]*<!-- \/soak -->/, () => `<!-- soak -->\n${table}\n<!-- /soak -->`)
    )
  }
  const { problems } = report
  return `${table}\n\n${problems.length === 0 ? 'no problems' : problems.slice(0, 40).join('\n')}`
}

function tableOf({ minutes, ledger, faults, checked, memory, problems }: Report): string {
  const { reads, newest, wrong, puts, expired } = ledger
  const rows: [string, string][] = [
    ['minutes of fault injection', String(minutes)],
    ['puts acknowledged', String(puts)],
    ['reads meanwhile', `${reads}; ${newest} returned the newest content, ${wrong} content that was never put`],
    ['keys that expired', String(expired.length)],
    ['nodes killed (SIGKILL) and restarted', String(faults.kills)],
    ['partitions', String(faults.partitions)],
    ['attacks over the wire', String(faults.attacks)],
    ['live keys checked at the end, on every node', String(checked.live)],
    ['expired keys checked at the end', String(checked.expired)],
    ['marks checked at the end', String(checked.marks)],
    ...memory.rows.map(({ node, kind, size, growth }): [string, string] => [
      `${kind} of node ${node} at the end; growth by its slope over the last two thirds`,
      `${(size / 1e6).toFixed(1)} MB; ${(growth / 1e6).toFixed(1)} MB`
    ]),
    ['problems', String(problems.length)]
  ]
  return ['| figure | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n')
}
