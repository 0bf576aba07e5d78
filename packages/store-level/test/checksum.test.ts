import { expect, test } from 'vitest'
import { checksum as onPlatform } from '#checksum'
import { checksum as portable } from '../src/platform/checksum.anywhere.ts'

/** CRC-32, computed bit by bit. */
function checksumBitByBit(bytes: Uint8Array, initial: number): number {
  let value = ~initial
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  }
  return ~value >>> 0
}

test.each([
  ['in JavaScript', portable],
  ['on this platform', onPlatform]
])('computes CRC-32 %s of every length, in one call or in two', (_name, checksum) => {
  expect(checksum(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  for (const length of [...Array.from({ length: 40 }, (_, index) => index), 159, 160, 161, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 89 + length * 151) & 255)
    expect(checksum(bytes)).toBe(checksumBitByBit(bytes, 0))
    expect(checksum(bytes, length, 0xfedcba98)).toBe(checksumBitByBit(bytes, 0xfedcba98))
    const half = length >> 1
    expect(checksum(bytes.subarray(half), length - half, checksum(bytes, half))).toBe(checksum(bytes))
  }
})
