import { readFile, writeFile } from 'node:fs/promises'
import type { Size } from './attack.ts'
import { attacks } from './attacks.ts'
import type { Row } from './run-attack.ts'
import type { Pace } from './wire/load-runner.ts'

const head = [
  '| attack | description | sent | accepted | kept, of at most | bound | honest traffic | result | CPU, µs each | memory, MB | disk, kB |',
  '| --- | --- | ---: | ---: | --- | --- | --- | --- | ---: | ---: | ---: |'
]

/** One row of the table in docs/security/attacks.md. */
function lineOf({ attack, result, cost, faults }: Row): string {
  const { tried, accepted, honest, sizes = [], beside, disk, pace, steady } = result
  const kept = [...keptOf(sizes), ...(beside === undefined ? [] : [beside])]
  const share = `${((100 * honest.right) / honest.of).toFixed(1)} % of ${honest.of}`
  const cells = [
    `\`${attack.id}\``,
    attack.title,
    String(tried),
    String(accepted),
    kept.length === 0 ? '–' : kept.join('; '),
    attack.bound,
    pace === undefined ? share : `${share}; ${paceOf(pace, steady)}`,
    faults.length === 0 ? 'pass' : `fail: ${faults.join('; ')}`,
    (pace?.cpuEach ?? (1000 * cost.cpu) / tried).toFixed(0),
    (cost.memory / 1e6).toFixed(1),
    disk === undefined ? '–' : (disk / 1000).toFixed(0)
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** The sizes in words; those that are equal on all stores are one. */
function keptOf(sizes: readonly Size[]): string[] {
  const stores = new Map<string, string[]>()
  for (const { what, size, most } of sizes) {
    const [, name = what, store] = /^(.*) \(([^)]+)\)$/.exec(what) ?? []
    const text = `${size} of ${most} ${name}`
    stores.set(text, [...(stores.get(text) ?? []), ...(store === undefined ? [] : [store])])
  }
  const every = new Set([...stores.values()].flat()).size
  return [...stores].map(([text, names]) =>
    names.length === 0 || names.length === every ? text : `${text} (${names.join(', ')})`
  )
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
  const old = await keptRows(page, 'attacks', head.length)
  const lines = attacks.flatMap(({ id }) => fresh.get(id) ?? old.get(id) ?? [])
  return [...head, ...lines].join('\n')
}

/** The rows of a table between the markers of this name in a page, by the ID that each contains as code. */
export async function keptRows(page: URL, name: string, headLines: number): Promise<Map<string, string>> {
  const text = await readFile(page, 'utf8')
  const table = new RegExp(`<!-- ${name} -->\\n([\\s\\S]*)\\n<!-- /${name} -->`).exec(text)?.[1] ?? ''
  return new Map(
    table
      .split('\n')
      .slice(headLines)
      .map((line) => [/`([^`]+)`/.exec(line)?.[1] ?? '', line])
  )
}

/** Puts a table between the markers of this name in a page. */
export async function writeTable(page: URL, name: string, table: string): Promise<void> {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const text = await readFile(page, 'utf8')
  const replaced = text.replace(new RegExp(`${open}[\\s\\S]*${close}`), () => `${open}\n${table}\n${close}`)
  await writeFile(page, replaced)
}
