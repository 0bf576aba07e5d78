import { isRefusal } from '@recordkit/record-types'
import { expect, test } from 'vitest'

test('isRefusal tells refusals from records', () => {
  expect(isRefusal({ status: 'reject', code: 'EXPIRED', message: 'late' })).toBe(true)
  expect(isRefusal({ status: 'accept' })).toBe(false)
  expect(isRefusal({ key: new Uint8Array(1) })).toBe(false)
})

test.each([
  ['a promise, which must be awaited', Promise.resolve({ status: 'reject' })],
  ['undefined', undefined],
  ['null', null],
  ['a string', 'reject']
])('isRefusal refuses %s, which would count as accepted', (found, result) => {
  expect(() => isRefusal(result as never)).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: `result is ${found}; a record or a refusal is expected`
    })
  )
})
