import { readFileSync, writeFileSync } from 'node:fs'
import type { Measured } from './measure.ts'

/** One benchmark as a line for the terminal. */
export function formatLine({ line, ratio, spread, nanoseconds, ok }: Measured): string {
  const sign = line.better === 'higher' ? '≥' : '≤'
  const figures = `${ratio.toFixed(2)} (${spread.map((value) => value.toFixed(2)).join(' to ')})`
  const time = nanoseconds < 1e6 ? `${(nanoseconds / 1e3).toFixed(2)} µs` : `${(nanoseconds / 1e6).toFixed(2)} ms`
  return `${ok ? 'pass  ' : 'missed'} ${line.name.padEnd(46)} ${figures.padEnd(24)} ${sign} ${String(line.target).padEnd(5)} ${time.padStart(11)}  against ${line.other}`
}

/** Writes the table of a run to docs/speed.md, between the comments of its name. */
export function writeTable(name: string, results: readonly Measured[]): void {
  const page = new URL('../../../docs/speed.md', import.meta.url)
  const rows = results.map(({ line, ratio, spread, nanoseconds, ok }) => {
    const figures = `${ratio.toFixed(2)} (${spread.map((value) => value.toFixed(2)).join(' to ')})`
    const time = nanoseconds < 1e6 ? `${(nanoseconds / 1e3).toFixed(2)} µs` : `${(nanoseconds / 1e6).toFixed(2)} ms`
    const target = `${line.better === 'higher' ? '≥' : '≤'} ${line.target}`
    return `| ${line.name} | ${line.other} | ${figures} | ${target} | ${ok ? 'yes' : 'missed'} | ${time} |`
  })
  const table = [
    '| work | compared with | ratio, quartiles | target | reached | ours |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows
  ]
  const pattern = new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`)
  const text = readFileSync(page, 'utf8')
  writeFileSync(page, text.replace(pattern, `<!-- ${name} -->\n${table.join('\n')}\n<!-- /${name} -->`))
}
