import { expect, test } from 'vitest'
import { fromBase64, toBase64 } from '../src/internal/base64.ts'

const bytes = Uint8Array.of(0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff, 0x00)

test.each(['++++////AA==', '----____AA==', '----____AA', '+-+-/_/_AA'])('fromBase64 decodes %s', (text) => {
  expect(fromBase64(text)).toEqual(bytes)
})

test('toBase64 encodes with padding', () => {
  expect(toBase64(bytes)).toBe('++++////AA==')
  expect(toBase64(new Uint8Array(0))).toBe('')
})

test('fromBase64 refuses text that is not base64', () => {
  for (const text of ['*', 'AA=A', 'A']) expect(() => fromBase64(text)).toThrow()
})
