import { readFile, writeFile } from 'node:fs/promises'
import { attacks } from './attacks.ts'
import type { Row } from './run-attack.ts'
import type { Pace } from './wire/load-runner.ts'

const head = [
  '| attack | description | attempts | accepted | CPU, µs each | memory, MB | disk, kB | bounds and sizes | honest traffic |',
  '| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | ---: |'
]

/** One row of the table in docs/security/attacks.md. */
function lineOf({ attack, result, cost }: Row): string {
  const { tried, accepted, honest, sizes = [], disk, pace, steady } = result
  const bounded = sizes.map(({ what, size, most }) => `${size} of ${most} ${what}`)
  const share = `${((100 * honest.right) / honest.of).toFixed(1)} % of ${honest.of}`
  const cells = [
    `\`${attack.id}\``,
    attack.title,
    String(tried),
    String(accepted),
    (pace?.cpuEach ?? (1000 * cost.cpu) / tried).toFixed(0),
    (cost.memory / 1e6).toFixed(1),
    disk === undefined ? '–' : (disk / 1000).toFixed(0),
    [attack.bound, ...bounded].join('; '),
    pace === undefined ? share : `${share}; ${paceOf(pace, steady)}`
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function paceOf({ kept, keptByClock, rate, sent: { tried, sent } }: Pace, steady: number | undefined): string {
  const refused = sent < tried ? `, ${tried - sent} refused` : ''
  return [
    ...(steady === undefined ? [] : [`${percent(steady)} of 10 rounds per second`]),
    `${percent(kept)} of full load, ${percent(keptByClock)} by the clock, under ${rate.toFixed(0)} per second${refused}`
  ].join('; ')
}

/** A share in per cent, at most 100. */
export function percent(share: number): string {
  return `${(100 * Math.min(1, share)).toFixed(0)} %`
}

export function tableOf(rows: readonly Row[]): string {
  return [...head, ...rows.map(lineOf)].join('\n')
}

/** The table of a page, with the rows of these attacks replaced. */
export async function mergedInto(page: URL, rows: readonly Row[]): Promise<string> {
  const fresh = new Map(rows.map((row) => [row.attack.id, lineOf(row)]))
  const text = await readFile(page, 'utf8')
  const kept = /<!-- attacks -->\n([\s\S]*)\n<!-- \/attacks -->/.exec(text)?.[1]?.split('\n').slice(head.length) ?? []
  const old = new Map(kept.map((line) => [/`([^`]+)`/.exec(line)?.[1], line]))
  const lines = attacks.flatMap(({ id }) => fresh.get(id) ?? old.get(id) ?? [])
  return [...head, ...lines].join('\n')
}

/** Puts a table between the markers of this name in a page. */
export async function writeTable(page: URL, name: string, table: string): Promise<void> {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const text = await readFile(page, 'utf8')
  const replaced = text.replace(new RegExp(`${open}[\\s\\S]*${close}`), () => `${open}\n${table}\n${close}`)
  await writeFile(page, replaced)
}
