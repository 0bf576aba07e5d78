import type { Point } from './fit.ts'

const [width, height, left, right, top, bottom] = [640, 300, 70, 20, 40, 44] as const

/** Plots the cost per item over the number of items as an SVG, both logarithmic: linear growth is a flat line. */
export function plot(title: string, unit: string, points: readonly Point[]): string {
  const [first, last] = [points[0]?.count ?? 1, points.at(-1)?.count ?? 10]
  const values = points.map(({ each }) => each)
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)))
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values) * 1.001))
  const part = (value: number, from: number, to: number): number => Math.log(value / from) / Math.log(to / from)
  const x = (count: number): string => (left + part(count, first, last) * (width - left - right)).toFixed(1)
  const y = (each: number): string => (height - bottom - part(each, low, high) * (height - top - bottom)).toFixed(1)
  const lines: string[] = []
  for (let value = low; value <= high * 1.001; value *= 10) {
    lines.push(
      `<line x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>`,
      `<text x="${left - 6}" y="${y(value)}" text-anchor="end">${value.toLocaleString('en')}</text>`
    )
  }
  for (const { count, each } of points) {
    lines.push(
      `<text x="${x(count)}" y="${height - 22}" text-anchor="middle">${count.toLocaleString('en')}</text>`,
      `<circle cx="${x(count)}" cy="${y(each)}" r="3" fill="#1f5fa8"/>`
    )
  }
  const path = points.map(({ count, each }) => `${x(count)},${y(each)}`).join(' ')
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${left}" y="22" font-size="13">${title}</text>`,
    `<text x="${left - 6}" y="36" text-anchor="end">${unit}</text>`,
    ...lines,
    `<polyline points="${path}" fill="none" stroke="#1f5fa8" stroke-width="1.5"/>`,
    '</svg>',
    ''
  ].join('\n')
}
