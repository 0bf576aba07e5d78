import { compareBytes, copyBytes, equalBytes, isRecordError, RecordError } from '@recordkit/record-types'
import { keptCopy, mapKey, returnedCopy } from '@recordkit/record-types/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const bytes = fc.uint8Array({ maxLength: 6 })

test('compareBytes is a total order that agrees with equalBytes and mapKey', () => {
  fc.assert(
    fc.property(bytes, bytes, bytes, (a, b, c) => {
      expect(Math.sign(compareBytes(a, b))).toBe(-Math.sign(compareBytes(b, a)) + 0)
      expect(compareBytes(a, b) === 0).toBe(equalBytes(a, b))
      expect(mapKey(a) === mapKey(b)).toBe(equalBytes(a, b))
      if (compareBytes(a, b) <= 0 && compareBytes(b, c) <= 0) expect(compareBytes(a, c)).toBeLessThanOrEqual(0)
    })
  )
})

test('mapKey accepts a byte string of 200,000 bytes', () => {
  const long = new Uint8Array(200_000).fill(7)
  expect(mapKey(long).length).toBe(200_000)
})

test('isRecordError matches by code, also errors of another copy of this package', () => {
  const cause = new Error('cause')
  const error = new RecordError('TOO_LARGE', 'too large', { size: 2, limit: 1, cause })
  expect(error).toMatchObject({ name: 'RecordError', code: 'TOO_LARGE', size: 2, limit: 1, cause })
  expect(Object.keys(error)).not.toContain('key')
  expect(isRecordError(error, 'TOO_LARGE')).toBe(true)
  expect(isRecordError(error, 'STORE_IO')).toBe(false)
  expect(isRecordError(Object.assign(new Error('x'), { name: 'RecordError', code: 'STORE_IO' }), 'STORE_IO')).toBe(true)
  expect(isRecordError(new Error('x'))).toBe(false)
  expect(isRecordError('STORE_IO')).toBe(false)
})

test('copies can be made after the buffer of one was transferred, which takes nothing from other kinds of copies', () => {
  const kinds = [copyBytes, keptCopy, returnedCopy]
  for (const transferred of kinds) {
    const others = kinds.filter((kind) => kind !== transferred).map((copy) => copy(Uint8Array.of(1, 2, 3)))
    for (const length of [3, 0, 1025]) {
      const copy = transferred(new Uint8Array(length))
      structuredClone(copy, { transfer: [copy.buffer] })
      expect(transferred(Uint8Array.of(4, 5))).toEqual(Uint8Array.of(4, 5))
      expect(transferred(new Uint8Array(0)).length).toBe(0)
    }
    for (const other of others) expect(other).toEqual(Uint8Array.of(1, 2, 3))
  }
})

test('copyBytes makes copies whose buffers are their own', () => {
  const [first, second] = [copyBytes(Uint8Array.of(1)), copyBytes(Uint8Array.of(2))]
  expect([first.buffer.byteLength, second.buffer.byteLength]).toEqual([1, 1])
})
