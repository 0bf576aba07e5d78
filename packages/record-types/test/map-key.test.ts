import { mapKey } from '@recordkit/record-types/internal'
import { expect, test } from 'vitest'

test('a map key has one code unit for each byte, for bytes of any length', () => {
  for (const length of [0, 1, 38, 4095, 4096, 4097, 1_000_000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => index * 7)
    const key = mapKey(bytes)
    expect(key).toHaveLength(length)
    expect(bytes.every((byte, index) => key.charCodeAt(index) === byte)).toBe(true)
  }
})
