import { readFile, writeFile } from 'node:fs/promises'
import type { Row } from './carry-out.ts'

const head = [
  '| attack | what was tried | times | got in | CPU, µs each | memory, MB | disk, kB | held at most, by what | honest right |',
  '| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | ---: |'
]

/** One line of the table in docs/security/attacks.md. */
function lineOf({ attack, result, cost }: Row): string {
  const { tried, gotIn, honest, sizes = [], disk, pace } = result
  const held = sizes.map(({ what, size, most }) => `${size} of ${most} ${what}`)
  const share = `${((100 * honest.right) / honest.of).toFixed(1)} % of ${honest.of}`
  const cells = [
    `\`${attack.id}\``,
    attack.title,
    String(tried),
    String(gotIn),
    ((1000 * cost.cpu) / tried).toFixed(0),
    (cost.memory / 1e6).toFixed(1),
    disk === undefined ? '–' : (disk / 1000).toFixed(0),
    [attack.bound, ...held].join('; '),
    pace === undefined ? share : `${share}, at ${(100 * pace).toFixed(0)} % of the quiet pace`
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

export function tableOf(rows: readonly Row[]): string {
  return [...head, ...rows.map(lineOf)].join('\n')
}

/** Puts the table between the markers of a page. */
export async function writeTable(page: URL, table: string): Promise<void> {
  const text = await readFile(page, 'utf8')
  const replaced = text.replace(
    /<!-- attacks -->[\s\S]*<!-- \/attacks -->/,
    () => `<!-- attacks -->\n${table}\n<!-- /attacks -->`
  )
  await writeFile(page, replaced)
}
