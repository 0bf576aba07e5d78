import type { Point } from './slope.ts'

export interface Line {
  readonly name: string
  readonly colour: string
  readonly points: readonly Point[]
}

const width = 860
const height = 320
const left = 60
const bottom = 36

/** Plots sizes in MB over minutes, as an SVG. */
export function plot(title: string, lines: readonly Line[]): string {
  const all = lines.flatMap(({ points }) => points)
  const end = Math.max(1, ...all.map(({ at }) => at))
  const top = Math.max(1, ...all.map(({ size }) => size)) * 1.1
  const x = (at: number): string => (left + (at / end) * (width - left - 150)).toFixed(1)
  const y = (size: number): string => (height - bottom - (size / top) * (height - bottom - 40)).toFixed(1)
  const steps = [0, 0.25, 0.5, 0.75, 1]
  const grid = steps.map((part) => {
    const size = top * part
    const label = `<text x="${left - 6}" y="${y(size)}" text-anchor="end">${(size / 1e6).toFixed(0)}</text>`
    return `<line x1="${left}" x2="${width - 150}" y1="${y(size)}" y2="${y(size)}" stroke="#ddd"/>${label}`
  })
  const times = steps.map(
    (part) =>
      `<text x="${x(end * part)}" y="${height - 14}" text-anchor="middle">${((end * part) / 60).toFixed(1)}</text>`
  )
  const drawn = lines.map(({ name, colour, points }, index) => {
    const path = points.map(({ at, size }) => `${x(at)},${y(size)}`).join(' ')
    const label = `<text x="${width - 142}" y="${50 + 16 * index}" fill="${colour}">${name}</text>`
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>${label}`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${left}" y="22" font-size="14">${title}</text>`,
    ...grid,
    ...times,
    `<text x="${width - 150}" y="${height - 14}" text-anchor="start">&#160;&#160;minutes</text>`,
    `<text x="8" y="34">MB</text>`,
    ...drawn,
    '</svg>',
    ''
  ].join('\n')
}
