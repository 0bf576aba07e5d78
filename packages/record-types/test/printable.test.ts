import { printable } from '@recordkit/record-types/internal'
import { expect, test } from 'vitest'

test.each([
  ['/ipns/k51 "x" \\ ~', '/ipns/k51 "x" \\ ~'],
  ['a\nb\r\tc', 'a\\u{a}b\\u{d}\\u{9}c'],
  ['\u001B[31mred\u001B[0m', '\\u{1b}[31mred\\u{1b}[0m'],
  ['\u009B2J\u007F', '\\u{9b}2J\\u{7f}'],
  ['\u202Egnp', '\\u{202e}gnp'],
  ['😀', '\\u{1f600}'],
  ['', '']
])('everything but printable ASCII is escaped: example %#', (text, expected) => {
  expect(printable(text)).toBe(expected)
  expect(printable(expected)).toBe(expected)
})

test('text that is too long is cut', () => {
  expect(printable('a'.repeat(80))).toBe('a'.repeat(80))
  expect(printable('a'.repeat(81))).toBe(`${'a'.repeat(77)}...`)
  expect(printable('\n'.repeat(1_000_000))).toHaveLength(80)
  expect(printable('abcdef', 5)).toBe('ab...')
})
