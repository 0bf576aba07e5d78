import { toHex } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { encodeCbor } from '@recordkit/record-codec'
import type { CborValue } from '@recordkit/record-codec'
import { codeOf } from './errors.ts'

/** The head of major type 0 for a number: in the other types only the upper three bits differ. */
const heads = [
  [0n, '00'],
  [1n, '01'],
  [23n, '17'],
  [24n, '1818'],
  [255n, '18ff'],
  [256n, '190100'],
  [65_535n, '19ffff'],
  [65_536n, '1a00010000'],
  [0x01020304n, '1a01020304'],
  [0xffffffffn, '1affffffff'],
  [0x100000000n, '1b0000000100000000'],
  [0x0102030405060708n, '1b0102030405060708'],
  [0x8000000000000000n, '1b8000000000000000'],
  [0xffffffffffffffffn, '1bffffffffffffffff']
] as const

function headOf(major: number, hex: string): string {
  return (Number.parseInt(hex.slice(0, 2), 16) | (major << 5)).toString(16).padStart(2, '0') + hex.slice(2)
}

test.each(heads)('%i has the shortest head there is, above 0 and below', (number, hex) => {
  expect(toHex(encodeCbor(number))).toBe(hex)
  expect(toHex(encodeCbor(-1n - number))).toBe(headOf(1, hex))
})

test.each(heads.filter(([number]) => number < 70_000n))('a length of %i, too', (number, hex) => {
  const length = Number(number)
  const begins = (value: CborValue, major: number, size: number): void => {
    const bytes = encodeCbor(value)
    expect(toHex(bytes.subarray(0, hex.length / 2))).toBe(headOf(major, hex))
    expect(bytes).toHaveLength(hex.length / 2 + size)
  }
  begins(new Uint8Array(length), 2, length)
  begins('x'.repeat(length), 3, length)
  begins(
    Array.from({ length }, () => null),
    4,
    length
  )
  if (length > 256) return
  // keys of one and two bytes, each with the head of its length
  const map = new Map(Array.from({ length }, (_, index) => [String.fromCodePoint(index), null] as const))
  begins(map, 5, length * 3 + Math.max(0, length - 128))
})

test('what is simple has one byte, a float nine', () => {
  for (const [value, hex] of [
    [false, 'f4'],
    [true, 'f5'],
    [null, 'f6'],
    [1.5, 'fb3ff8000000000000'],
    [-0, 'fb8000000000000000'],
    [[1.5, true], '82fb3ff8000000000000f5']
  ] as const) {
    expect(toHex(encodeCbor(value))).toBe(hex)
  }
})

test('maps nest 32 deep, as arrays do, and no deeper', () => {
  let value: CborValue = null
  for (let depth = 0; depth < 32; depth++) value = depth % 2 === 0 ? [value] : new Map([['a', value]])
  expect(codeOf(() => encodeCbor(value))).toBe('ok')
  expect(codeOf(() => encodeCbor([value]))).toBe('INVALID_ARGUMENT')
  expect(codeOf(() => encodeCbor(new Map([['a', value]])))).toBe('INVALID_ARGUMENT')
  // what does not nest may stand at the very bottom
  let links: CborValue = { cid: Uint8Array.of(1, 0x55, 0, 0) }
  for (let depth = 0; depth < 31; depth++) links = [links]
  expect(codeOf(() => encodeCbor(links))).toBe('ok')
})

test('a link is tag 42 over bytes that begin with 0', () => {
  expect(toHex(encodeCbor({ cid: Uint8Array.of(1, 0x55, 0, 0) }))).toBe('d82a450001550000')
  expect(toHex(encodeCbor([{ cid: Uint8Array.of(1, 0x55, 0, 0) }, 1n]))).toBe('82d82a45000155000001')
})
