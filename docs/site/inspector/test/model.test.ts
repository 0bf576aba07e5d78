import { createIpnsRecord, generateKeyPair } from '@recordkit/record-crypto'
import { createEngine, explainBytes } from '@recordkit/record-inspect'
import { expect, test } from 'vitest'
import { coveredBy, flatFields, hexRows } from '../src/hex-rows.ts'
import { fromFragment, maxShared, toFragment } from '../src/share-link.ts'
import { timelineOf } from '../src/timeline.ts'

const hour = 3_600_000_000_000n
const now = 1_800_000_000_000_000_000n
const signer = await generateKeyPair()
const record = await createIpnsRecord(
  { value: '/ipfs/bafkqaaa', sequence: 1n, validity: now + hour, ttl: 0n },
  { signer, now }
)
const { layout } = await explainBytes(record, { engine: createEngine(() => now), now })

test.each([8, 16])('with %i columns, the segments of all rows contain every byte once', (columns) => {
  let at = 0
  for (const { start, segments } of hexRows(layout, record.length, columns)) {
    expect(start).toBe(at)
    for (const segment of segments) {
      expect(segment.start).toBe(at)
      expect(segment.end).toBeGreaterThan(at)
      at = segment.end
    }
    expect(at - start).toBeLessThanOrEqual(columns)
  }
  expect(at).toBe(record.length)
})

test('bytes are drawn as signed exactly where a signature covers them', () => {
  const signed = hexRows(layout, record.length, 16).flatMap(({ segments }) =>
    segments
      .filter(({ isSigned }) => isSigned)
      .flatMap(({ start, end }) => Array.from({ length: end - start }, (_, at) => start + at))
  )
  const covered = layout.coverage.flatMap(({ covers }) =>
    covers.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, at) => start + at))
  )
  expect(new Set(signed)).toEqual(new Set(covered))
})

test('a field is signed when the signature covers its content', () => {
  const byName = (name: string) => flatFields(layout.ranges).find(({ range }) => range.path === name)?.range
  const signaturesOf = (name: string) => coveredBy(layout, byName(name) as NonNullable<ReturnType<typeof byName>>)
  expect(signaturesOf('data')).toEqual(['signatureV2'])
  expect(signaturesOf('data.Value')).toEqual(['signatureV2'])
  expect(signaturesOf('value')).toEqual(['signatureV1'])
  expect(signaturesOf('sequence')).toEqual([])
  expect(signaturesOf('signatureV2')).toEqual([])
})

test('only the bytes up to a limit are drawn', () => {
  expect(hexRows(layout, 20, 16).map(({ start }) => start)).toEqual([0, 16])
})

test('a link contains both records and the name, and is read back', () => {
  const shared = { record, other: record.slice(0, 7), name: 'k51abc', domain: 'a b&c#' }
  expect(fromFragment(`#${toFragment(shared)}`)).toEqual(shared)
  expect(fromFragment(`#${toFragment({ record })}`)).toEqual({
    record,
    other: undefined,
    name: undefined,
    domain: undefined
  })
})

test('links are bounded when they are made and when they are read, and damaged ones are a sentence', () => {
  expect(toFragment({ record: new Uint8Array(maxShared + 1) })).toBeUndefined()
  const largest = toFragment({ record: new Uint8Array(maxShared) }) ?? ''
  expect(fromFragment(largest)).toMatchObject({ record: new Uint8Array(maxShared) })
  expect(fromFragment(`#record=${'A'.repeat(30_000)}`)).toBe('the link contains more than 16384 bytes')
  expect(fromFragment('#record=<script>')).toMatch(/^the link is damaged/)
  expect(fromFragment('#elsewhere')).toBeUndefined()
  expect(fromFragment('')).toBeUndefined()
})

test('a time line is in order, with the present in it', () => {
  const times = [
    { name: 'issued' as const, time: now - hour, path: 'issued' },
    { name: 'expires' as const, time: now + 3n * hour, path: 'expires' }
  ]
  expect(timelineOf(times, now)).toEqual([
    { name: 'issued', time: now - hour, position: 0, relative: '1 h ago' },
    { name: 'now', time: now, position: 25, relative: '' },
    { name: 'expires', time: now + 3n * hour, position: 100, relative: 'in 3 h' }
  ])
  expect(timelineOf([], now)).toMatchObject([{ name: 'now', position: 50 }])
})
