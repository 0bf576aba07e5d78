import { fromHex, toHex } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { derElement, readDer, readWholeDer } from '../src/der.ts'

test.each([
  [0, '04 00'],
  [1, '04 01'],
  [127, '04 7f'],
  [128, '04 81 80'],
  [255, '04 81 ff'],
  [256, '04 82 01 00'],
  [65_535, '04 82 ff ff']
])('%i bytes have the head %s, and are read back', (length, head) => {
  const contents = new Uint8Array(length).fill(7)
  const element = derElement(4, contents.subarray(0, length >> 1), contents.subarray(length >> 1))
  const start = element.length - length
  expect(toHex(element.subarray(0, start))).toBe(head.replaceAll(' ', ''))
  expect(element.subarray(start)).toEqual(contents)
  expect(readWholeDer(element, 4)).toEqual(contents)
  const reader = { bytes: Uint8Array.of(9, ...element, 9), offset: 1 }
  expect(readDer(reader, 4)).toEqual(contents)
  expect(reader.offset).toBe(element.length + 1)
})

test.each([
  ['nothing', ''],
  ['a tag alone', '04'],
  ['another tag', '0500'],
  ['contents that are cut', '040201'],
  ['a length of one more byte that is below 128', `04817f${'00'.repeat(127)}`],
  ['a length of two more bytes that is below 256', `048200ff${'00'.repeat(255)}`],
  ['a length of three more bytes', `0483010000${'00'.repeat(65_536)}`],
  ['a length of no extent', '048000'],
  ['a length that is cut', '0481'],
  ['a length that is cut in the middle', '048201'],
  ['a length that is not there', '0482']
])('%s is no element, and the place stays', (_, hex) => {
  const reader = { bytes: fromHex(`ff${hex}`), offset: 1 }
  expect(readDer(reader, 4)).toBeUndefined()
  expect(reader.offset).toBe(1)
  expect(readWholeDer(fromHex(hex), 4)).toBeUndefined()
})

test('what has bytes behind it is not whole', () => {
  expect(readWholeDer(fromHex('04010700'), 4)).toBeUndefined()
})
