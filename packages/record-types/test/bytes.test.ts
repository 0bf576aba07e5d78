import { compareBytes, equalBytes, isRecordError, RecordError } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { prefixUpperBound } from '@recordkit/record-store'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const bytes = fc.uint8Array({ maxLength: 6 })

test('the order of bytes is total, and equal means equal', () => {
  fc.assert(
    fc.property(bytes, bytes, bytes, (a, b, c) => {
      expect(Math.sign(compareBytes(a, b))).toBe(-Math.sign(compareBytes(b, a)) + 0)
      expect(compareBytes(a, b) === 0).toBe(equalBytes(a, b))
      expect(mapKey(a) === mapKey(b)).toBe(equalBytes(a, b))
      if (compareBytes(a, b) <= 0 && compareBytes(b, c) <= 0) expect(compareBytes(a, c)).toBeLessThanOrEqual(0)
    })
  )
})

test('a prefix ends where nothing that begins with it is above', () => {
  fc.assert(
    fc.property(bytes, bytes, (prefix, rest) => {
      const end = prefixUpperBound(prefix)
      const inside = Uint8Array.from([...prefix, ...rest])
      if (end === undefined) expect(prefix.every((byte) => byte === 0xff)).toBe(true)
      else {
        expect(compareBytes(inside, end)).toBeLessThan(0)
        expect(compareBytes(prefix, end)).toBeLessThan(0)
      }
    })
  )
})

test('a long byte string is a key like any other', () => {
  const long = new Uint8Array(200_000).fill(7)
  expect(mapKey(long).length).toBe(200_000)
})

test('an error is known by its code, also one of another copy of this package', () => {
  const cause = new Error('below')
  const error = new RecordError('TOO_LARGE', 'too large', { size: 2, limit: 1, cause })
  expect(error).toMatchObject({ name: 'RecordError', code: 'TOO_LARGE', size: 2, limit: 1, cause })
  expect(Object.keys(error)).not.toContain('key')
  expect(isRecordError(error, 'TOO_LARGE')).toBe(true)
  expect(isRecordError(error, 'STORE_IO')).toBe(false)
  expect(isRecordError(Object.assign(new Error('x'), { name: 'RecordError', code: 'STORE_IO' }), 'STORE_IO')).toBe(true)
  expect(isRecordError(new Error('x'))).toBe(false)
  expect(isRecordError('STORE_IO')).toBe(false)
})
