import { expect, test } from 'vitest'
import { fromBase64, toBase64 } from '../src/base64.ts'

const bytes = Uint8Array.of(0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff, 0x00)

test.each(['++++////AA==', '----____AA==', '----____AA', '+-+-/_/_AA'])('%s is read', (text) => {
  expect(fromBase64(text)).toEqual(bytes)
})

test('bytes are written with padding', () => {
  expect(toBase64(bytes)).toBe('++++////AA==')
  expect(toBase64(new Uint8Array(0))).toBe('')
})

test('other letters are refused', () => {
  for (const text of ['*', 'AA=A', 'A']) expect(() => fromBase64(text)).toThrow()
})
