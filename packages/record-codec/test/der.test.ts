import { fromHex, toHex } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { derElement, readDer, readDerInteger, readWholeDer } from '@recordkit/record-codec/internal'

test.each([
  [0, '04 00'],
  [1, '04 01'],
  [127, '04 7f'],
  [128, '04 81 80'],
  [255, '04 81 ff'],
  [256, '04 82 01 00'],
  [65_535, '04 82 ff ff']
])('derElement writes %i bytes with the head %s, and readDer reads them', (length, head) => {
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
  ['truncated contents', '040201'],
  ['a length of one more byte that is below 128', `04817f${'00'.repeat(127)}`],
  ['a length of two more bytes that is below 256', `048200ff${'00'.repeat(255)}`],
  ['a length of three more bytes', `0483010000${'00'.repeat(65_536)}`],
  ['an indefinite length', '048000'],
  ['a missing length of one byte', '0481'],
  ['a truncated length of two bytes', '048201'],
  ['a missing length of two bytes', '0482']
])('readDer refuses %s, and does not move the reader', (_, hex) => {
  const reader = { bytes: fromHex(`ff${hex}`), offset: 1 }
  expect(readDer(reader, 4)).toBeUndefined()
  expect(reader.offset).toBe(1)
  expect(readWholeDer(fromHex(hex), 4)).toBeUndefined()
})

test('readWholeDer refuses bytes after the element', () => {
  expect(readWholeDer(fromHex('04010700'), 4)).toBeUndefined()
})

test.each([
  ['0', '020100', '00'],
  ['127', '02017f', '7f'],
  ['128, without its leading zero', '02020080', '80'],
  ['256', '02020100', '0100'],
  ['no bytes', '0200', undefined],
  ['a negative number', '020180', undefined],
  ['a superfluous leading zero', '02020001', undefined],
  ['a superfluous leading zero before 127', '0202007f', undefined],
  ['another tag', '040101', undefined],
  ['truncated contents', '020201', undefined]
])('readDerInteger reads or refuses %s', (_, hex, expected) => {
  const number = readDerInteger({ bytes: fromHex(hex), offset: 0 })
  expect(number && toHex(number)).toBe(expected)
})
