import { expect, test } from 'vitest'
import { checksum } from '../src/checksum.ts'

/** CRC-32, bit by bit. */
function bitByBit(bytes: Uint8Array, before: number): number {
  let value = ~before
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  }
  return ~value >>> 0
}

test('the checksum is CRC-32, in one go or in two, for every length', () => {
  expect(checksum(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  for (let length = 0; length < 40; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 89 + length * 151) & 255)
    expect(checksum(bytes)).toBe(bitByBit(bytes, 0))
    expect(checksum(bytes, length, 0xfedcba98)).toBe(bitByBit(bytes, 0xfedcba98))
    const cut = length >> 1
    expect(checksum(bytes.subarray(cut), length - cut, checksum(bytes, cut))).toBe(checksum(bytes))
  }
})
