import { fromHex, toHex } from '@recordkit/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeUvarint, encodeUvarint } from '@recordkit/record-codec'
import multicodec from '@recordkit/vectors/multicodec/record-codes.json' with { type: 'json' }
import spec from '@recordkit/vectors/uvarint/uvarint-spec.json' with { type: 'json' }
import { unsigned } from './arbitraries.ts'
import { codeOf } from './errors.ts'

test.each(spec.valid)('encodeUvarint and decodeUvarint agree with the specification on $value', ({ value, hex }) => {
  expect(toHex(encodeUvarint(BigInt(value)))).toBe(hex)
  expect(decodeUvarint(fromHex(hex))).toEqual({ value: BigInt(value), end: hex.length / 2 })
})

test.each(spec.invalid)('decodeUvarint refuses $hex: $why', ({ hex }) => {
  expect(codeOf(() => decodeUvarint(fromHex(hex)))).toBe('VARINT_INVALID')
})

test.each(multicodec.rows)(
  'encodeUvarint encodes the code of $name as the multicodec table does',
  ({ code, derivedUvarintHex }) => {
    expect(toHex(encodeUvarint(BigInt(code)))).toBe(derivedUvarintHex)
  }
)

test('decodeUvarint decodes every number that encodeUvarint encodes, at any offset', () => {
  fc.assert(
    fc.property(unsigned(63), fc.nat(5), (value, offset) => {
      const encoded = encodeUvarint(value)
      const bytes = Uint8Array.of(...new Uint8Array(offset).fill(0xff), ...encoded, 0xff)
      expect(decodeUvarint(bytes, offset)).toEqual({ value, end: offset + encoded.length })
    })
  )
})

test('decodeUvarint refuses more than 9 bytes', () => {
  expect(decodeUvarint(fromHex('ffffffffffffffff7f')).value).toBe((1n << 63n) - 1n)
  for (const hex of ['80808080808080808001', 'ffffffffffffffffff', '8080', '80', '']) {
    expect(codeOf(() => decodeUvarint(fromHex(hex)))).toBe('VARINT_INVALID')
  }
})

test.each([-1n, 1n << 63n, 1, undefined])('encodeUvarint refuses %s', (value) => {
  expect(codeOf(() => encodeUvarint(value as bigint))).toBe('INVALID_ARGUMENT')
})

test.each([
  [{}, 'an object'],
  [-1, '-1'],
  [0.5, '0.5'],
  [Number.NaN, 'NaN'],
  ['0', 'a string'],
  [0n, 'the bigint 0n']
])('decodeUvarint refuses the offset %s', (offset, shown) => {
  expect(() => decodeUvarint(Uint8Array.of(1), offset as number)).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: `offset is ${shown}; a whole number of at least 0 is expected`
    })
  )
})
