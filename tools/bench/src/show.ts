import type { Measured } from './measure.ts'

/** A line of the table. */
export function show({ line, ratio, spread, nanoseconds, ok }: Measured): string {
  const sign = line.better === 'higher' ? '≥' : '≤'
  const figures = `${ratio.toFixed(2)} (${spread.map((value) => value.toFixed(2)).join(' to ')})`
  const time = nanoseconds < 1e6 ? `${(nanoseconds / 1e3).toFixed(2)} µs` : `${(nanoseconds / 1e6).toFixed(2)} ms`
  return `${ok ? 'pass ' : 'short'} ${line.name.padEnd(46)} ${figures.padEnd(24)} ${sign} ${String(line.target).padEnd(5)} ${time.padStart(11)}  against ${line.peer}`
}
