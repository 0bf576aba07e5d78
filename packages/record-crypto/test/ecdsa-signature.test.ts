import { fromHex, toHex } from '@recordkit/testing'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ecdsaSignatureFromDer, ecdsaSignatureToDer } from '../src/ecdsa-signature.ts'

test.each([
  ['the shortest form', '3006020101020102', '0000000100000002'],
  ['a leading zero that marks a positive number', '30080202008002020080', '0000008000000080'],
  ['0', '3006020100020100', '0000000000000000'],
  ['numbers of the maximum length', '300c02047fffffff02047fffffff', '7fffffff7fffffff'],
  ['a superfluous leading zero', '300702020001020102', undefined],
  ['a superfluous leading zero, in s', '300702010102020001', undefined],
  ['a superfluous leading zero before 127', '30080202007f02020080', undefined],
  ['a negative number', '3006020181020102', undefined],
  ['an empty number', '30050200020102', undefined],
  ['a number that is too long', '300b020501000000000201 02', undefined],
  ['a byte after s', '300702010102010200', undefined],
  ['a byte after the sequence', '300602010102010200', undefined],
  ['only one number', '3003020101', undefined],
  ['a length in a longer form', '308106020101020102', undefined],
  ['an indefinite length', '30800201010201020000', undefined],
  ['a length past the end', '3007020101020102', undefined],
  ['another tag', '3106020101020102', undefined],
  ['nothing', '', undefined]
])('ecdsaSignatureFromDer decodes or refuses a signature with %s', (_, der, expected) => {
  const signature = ecdsaSignatureFromDer(fromHex(der.replaceAll(' ', '')), 4)
  expect(signature && toHex(signature)).toBe(expected)
  if (signature !== undefined) expect(toHex(ecdsaSignatureToDer(signature))).toBe(der)
})

test('ecdsaSignatureFromDer decodes what ecdsaSignatureToDer encodes, for numbers of every curve', () => {
  const signature = fc
    .constantFrom(32, 48, 66)
    .chain((size) => fc.uint8Array({ minLength: 2 * size, maxLength: 2 * size }))
  fc.assert(
    fc.property(signature, (signature) => {
      expect(ecdsaSignatureFromDer(ecdsaSignatureToDer(signature), signature.length / 2)).toEqual(signature)
    })
  )
})

test('ecdsaSignatureFromDer accepts only the bytes that ecdsaSignatureToDer would encode', () => {
  const bytes = fc.uint8Array({ maxLength: 12 }).map((bytes) => new Uint8Array([0x30, bytes.length, ...bytes]))
  const numbers = fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 5 }), fc.uint8Array({ minLength: 1, maxLength: 5 }))
    .map(([r, s]) => new Uint8Array([0x30, r.length + s.length + 4, 2, r.length, ...r, 2, s.length, ...s]))
  fc.assert(
    fc.property(fc.oneof(bytes, numbers), (der) => {
      const signature = ecdsaSignatureFromDer(der, 5)
      if (signature !== undefined) expect(ecdsaSignatureToDer(signature)).toEqual(der)
    }),
    { numRuns: 2000 }
  )
})
