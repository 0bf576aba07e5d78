import { fromHex, toHex } from '@recordkit/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { joinRecordKey, splitRecordKey, parseRecordKey } from '@recordkit/record-codec'
import own from '@recordkit/vectors/recordkit/record-keys.json' with { type: 'json' }
import cases from '@recordkit/vectors/rules/splitkey.json' with { type: 'json' }
import { bytes, filledBytes } from './arbitraries.ts'
import { codeOf, utf8 } from './errors.ts'

describe('splitRecordKey', () => {
  test.each(cases.cases)('splits %j as Go does', ({ key, namespace, path }) => {
    if (namespace === undefined) expect(codeOf(() => splitRecordKey(utf8(key)))).toBe('RECORD_KEY_INVALID')
    else expect(splitRecordKey(utf8(key))).toEqual({ namespace: utf8(namespace), path: utf8(path) })
  })
})

describe('splitRecordKey', () => {
  test.each(own.cases)('splits the bytes $keyHex', ({ keyHex, namespaceHex, pathHex, error }) => {
    if (error !== undefined) expect(codeOf(() => splitRecordKey(fromHex(keyHex)))).toBe(error)
    else expect(splitRecordKey(fromHex(keyHex))).toEqual({ namespace: fromHex(namespaceHex), path: fromHex(pathHex) })
  })
})

test('splitRecordKey returns the parts that joinRecordKey joined, for any bytes', () => {
  fc.assert(
    fc.property(filledBytes(20), bytes(), (namespace, path) => {
      if (namespace.includes(0x2f)) expect(codeOf(() => joinRecordKey(namespace, path))).toBe('RECORD_KEY_INVALID')
      else expect(splitRecordKey(joinRecordKey(namespace, path))).toEqual({ namespace, path })
    })
  )
})

test('parseRecordKey and joinRecordKey encode text as UTF-8', () => {
  expect(toHex(parseRecordKey('/é/😀'))).toBe('2fc3a92ff09f9880')
  expect(toHex(joinRecordKey('pk', Uint8Array.of(0xff)))).toBe('2f706b2fff')
})

test('parseRecordKey returns bytes as they are', () => {
  const key = Uint8Array.of(0xff)
  expect(parseRecordKey(key)).toBe(key)
})

test.each(['\uD800', 'a\uDC00', '\uDC00\uD800'])(
  'parseRecordKey and joinRecordKey refuse half of a surrogate pair: %j',
  (text) => {
    expect(codeOf(() => parseRecordKey(text))).toBe('TEXT_INVALID')
    expect(codeOf(() => joinRecordKey('a', text))).toBe('TEXT_INVALID')
  }
)

test.each(['', '/', 'a/b'])('joinRecordKey refuses %j as a namespace', (namespace) => {
  expect(codeOf(() => joinRecordKey(namespace, 'path'))).toBe('RECORD_KEY_INVALID')
})
