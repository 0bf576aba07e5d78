import { fromHex } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { satisfiesEd25519Rule } from '../src/ed25519-rule.ts'

const prime = (1n << 255n) - 19n
const order = (1n << 252n) + 27742317777372353535851937790883648493n
const someY = 4n

function encode(number: bigint): Uint8Array {
  return fromHex(number.toString(16).padStart(64, '0')).reverse()
}

function signature(r: bigint, s: bigint): Uint8Array {
  return new Uint8Array([...encode(r), ...encode(s)])
}

test.each([
  ['0', 0n, false],
  ['1', 1n, false],
  ['2', 2n, true],
  ['p - 2', prime - 2n, true],
  ['p - 1', prime - 1n, false],
  ['p', prime, false],
  ['p + 1', prime + 1n, false],
  ['p + 2, which is 2 modulo p', prime + 2n, false],
  ['2^255 - 1', (1n << 255n) - 1n, false]
])('the Ed25519 rule accepts or refuses A and R with a y of %s, with either sign of x', (_, y, expected) => {
  for (const sign of [0n, 1n << 255n]) {
    expect(satisfiesEd25519Rule(encode(y | sign), signature(someY, 5n))).toBe(expected)
    expect(satisfiesEd25519Rule(encode(someY), signature(y | sign, 5n))).toBe(expected)
  }
})

test.each([
  ['0', 0n, true],
  ['L - 1', order - 1n, true],
  ['L', order, false],
  ['L + 1', order + 1n, false],
  ['2^252', 1n << 252n, true],
  ['2^253', 1n << 253n, false],
  ['2^256 - 1', (1n << 256n) - 1n, false]
])('the Ed25519 rule accepts or refuses an S of %s', (_, s, expected) => {
  expect(satisfiesEd25519Rule(encode(someY), signature(someY, s))).toBe(expected)
})

test('the Ed25519 rule refuses keys and signatures of other lengths', () => {
  const good = signature(someY, 5n)
  expect(satisfiesEd25519Rule(encode(someY).subarray(1), good)).toBe(false)
  expect(satisfiesEd25519Rule(new Uint8Array(33).fill(2), good)).toBe(false)
  expect(satisfiesEd25519Rule(encode(someY), good.subarray(0, 63))).toBe(false)
  expect(satisfiesEd25519Rule(encode(someY), new Uint8Array([...good, 0]))).toBe(false)
  expect(satisfiesEd25519Rule(new Uint8Array(0), new Uint8Array(0))).toBe(false)
})
