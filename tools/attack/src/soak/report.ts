import { readFile, writeFile } from 'node:fs/promises'
import { plot } from './plot.ts'
import type { Line } from './plot.ts'
import type { Ledger } from './ledger.ts'
import type { Memory } from './samples.ts'
import type { Verdict } from './verdict.ts'
import type { Happenings } from './fault-injector.ts'

export interface Report {
  readonly minutes: number
  readonly nodes: number
  readonly ledger: Ledger
  readonly happenings: Happenings
  readonly checked: Verdict['checked']
  readonly memory: Memory
  readonly faults: readonly string[]
}

const pages = new URL('../../../../docs/security/', import.meta.url)

/** The figures of a soak as text; into the page between its markers, with the plot beside it, when told to. */
export async function writeReport(report: Report, lines: readonly Line[], write: boolean): Promise<string> {
  const table = tableOf(report)
  if (write) {
    await writeFile(
      new URL('soak.svg', pages),
      plot(`${report.nodes} nodes, ${report.minutes} minutes: the two that ran through`, lines)
    )
    const page = new URL('soak.md', pages)
    const text = await readFile(page, 'utf8')
    await writeFile(
      page,
      text.replace(/<!-- soak -->[\s\S]*<!-- \/soak -->/, () => `<!-- soak -->\n${table}\n<!-- /soak -->`)
    )
  }
  const said = report.faults.length === 0 ? 'everything held' : report.faults.slice(0, 40).join('\n')
  return `${table}\n\n${said}`
}

function tableOf({ minutes, ledger, happenings, checked, memory, faults }: Report): string {
  const { reads, newest, puts, dead } = ledger
  const rows: [string, string][] = [
    ['minutes of fault injection', String(minutes)],
    ['puts acknowledged', String(puts)],
    ['reads during it', `${reads}, ${newest} of them the newest, ${ledger.false} of them false`],
    ['keys let die', String(dead.length)],
    ['nodes killed (SIGKILL) and started again', String(happenings.kills)],
    ['partitions', String(happenings.cuts)],
    ['attacks over the wire', String(happenings.strikes)],
    ['live keys looked for at the end, on every node', String(checked.live)],
    ['dead keys looked for at the end', String(checked.dead)],
    ['marks looked for at the end', String(checked.marks)],
    ...memory.rows.map(({ node, kind, size, growth }): [string, string] => [
      `${kind} of node ${node} at the end; growth by its slope over the last two thirds`,
      `${(size / 1e6).toFixed(1)} MB; ${(growth / 1e6).toFixed(1)} MB`
    ]),
    ['what did not hold', String(faults.length)]
  ]
  return ['| figure | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n')
}
