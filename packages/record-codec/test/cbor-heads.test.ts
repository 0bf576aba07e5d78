import { toHex } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { encodeCbor } from '@recordkit/record-codec'
import type { CborValue } from '@recordkit/record-codec'
import { codeOf } from './errors.ts'

/** The head of major type 0 for a number. The heads of other types differ in the upper three bits. */
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

test.each(heads)('encodeCbor encodes %i, and its negative counterpart, with the shortest head', (number, hex) => {
  expect(toHex(encodeCbor(number))).toBe(hex)
  expect(toHex(encodeCbor(-1n - number))).toBe(headOf(1, hex))
})

test.each(heads.filter(([number]) => number < 70_000n))(
  'encodeCbor encodes a length of %i with the shortest head',
  (number, hex) => {
    const length = Number(number)
    const expectHead = (value: CborValue, major: number, size: number): void => {
      const bytes = encodeCbor(value)
      expect(toHex(bytes.subarray(0, hex.length / 2))).toBe(headOf(major, hex))
      expect(bytes).toHaveLength(hex.length / 2 + size)
    }
    expectHead(new Uint8Array(length), 2, length)
    expectHead('x'.repeat(length), 3, length)
    expectHead(
      Array.from({ length }, () => null),
      4,
      length
    )
    if (length > 256) return
    // keys of one and two bytes, each with a head of one byte
    const map = new Map(Array.from({ length }, (_, index) => [String.fromCodePoint(index), null] as const))
    expectHead(map, 5, length * 3 + Math.max(0, length - 128))
  }
)

test('encodeCbor encodes simple values in one byte and floats in nine', () => {
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

test('encodeCbor encodes maps and arrays nested 32 deep, and refuses deeper ones', () => {
  let value: CborValue = null
  for (let depth = 0; depth < 32; depth++) value = depth % 2 === 0 ? [value] : new Map([['a', value]])
  expect(codeOf(() => encodeCbor(value))).toBe('ok')
  expect(codeOf(() => encodeCbor([value]))).toBe('INVALID_ARGUMENT')
  expect(codeOf(() => encodeCbor(new Map([['a', value]])))).toBe('INVALID_ARGUMENT')
  // links do not count as a level
  let links: CborValue = { cid: Uint8Array.of(1, 0x55, 0, 0) }
  for (let depth = 0; depth < 31; depth++) links = [links]
  expect(codeOf(() => encodeCbor(links))).toBe('ok')
})

test('encodeCbor encodes a link as tag 42 of bytes that begin with 0', () => {
  expect(toHex(encodeCbor({ cid: Uint8Array.of(1, 0x55, 0, 0) }))).toBe('d82a450001550000')
  expect(toHex(encodeCbor([{ cid: Uint8Array.of(1, 0x55, 0, 0) }, 1n]))).toBe('82d82a45000155000001')
})
