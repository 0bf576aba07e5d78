import { expect, test } from 'vitest'
import { contentOf, Ledger } from '../src/soak/ledger.ts'
import type { LiveKey } from '../src/soak/ledger.ts'
import { plot } from '../src/soak/plot.ts'
import { growthOf, slopeOf } from '../src/soak/slope.ts'

const minutes = Array.from({ length: 60 }, (_, index) => index * 60)

test('detects a leak in samples of memory, but not in noise or a warm-up', () => {
  const noise = (at: number): number => ((at * 7919) % 13) * 1e5
  const flat = minutes.map((at) => ({ at, size: 50e6 + noise(at) - (at < 600 ? 20e6 : 0) }))
  const leak = minutes.map((at) => ({ at, size: 50e6 + at * 5_000 + noise(at) }))
  expect(growthOf(flat, 0.15).flat).toBe(true)
  expect(growthOf(leak, 0.15).flat).toBe(false)
  expect(slopeOf(leak)).toBeGreaterThan(4_000)
})

test('the slope of samples does not change by one outlier', () => {
  const points = minutes.map((at) => ({ at, size: 50e6 }))
  points[59] = { at: 59 * 60, size: 500e6 }
  expect(slopeOf(points)).toBe(0)
})

test('the ledger counts content that was never put as wrong, and content acknowledged later as newest', () => {
  const ledger = new Ledger(1, 1)
  const entry = ledger.live[0] as LiveKey
  entry.tried = 3
  for (const content of [contentOf(entry, 2), contentOf(entry, 1), contentOf(entry, 4), '7 other 2', undefined])
    ledger.read(entry, 2, content)
  expect(ledger).toMatchObject({ reads: 5, newest: 3, wrong: 2 })
})

test('a plot contains a line for each series', () => {
  const svg = plot('title', [
    {
      name: 'heap',
      colour: 'red',
      points: [
        { at: 0, size: 1 },
        { at: 60, size: 2 }
      ]
    }
  ])
  expect(svg.match(/<polyline/g)).toHaveLength(1)
})
