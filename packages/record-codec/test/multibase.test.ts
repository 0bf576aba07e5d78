import fc from 'fast-check'
import { base16, base16upper } from 'multiformats/bases/base16'
import { base32, base32upper } from 'multiformats/bases/base32'
import { base36, base36upper } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { describe, expect, test } from 'vitest'
import { decodeBase58, decodeMultibase, encodeBase32, encodeBase58 } from '../src/multibase.ts'

const bases = { base16, base16upper, base32, base32upper, base36, base36upper, base58btc }

describe.each(Object.entries(bases))('the base %s', (_, base) => {
  test('is read as multiformats writes it, with zero bytes at the beginning', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(3), (bytes, zeros) => {
        const padded = Uint8Array.of(...new Uint8Array(zeros), ...bytes)
        expect(decodeMultibase(base.encode(padded))).toEqual(padded)
      })
    )
  })

  test('has one reading, that of multiformats, digits of the case of its prefix, and no padding', () => {
    const isUpper = base.prefix !== base.prefix.toLowerCase()
    const letters = fc.string({ unit: fc.constantFrom(...Array.from('0123456789abzABZklO-=_ ')), maxLength: 12 })
    fc.assert(
      fc.property(letters, (digits) => {
        const hasCase = base === base58btc || digits === (isUpper ? digits.toUpperCase() : digits.toLowerCase())
        const bytes = decodeMultibase(base.prefix + digits)
        if (bytes !== undefined) expect([hasCase, decodedBy(base, digits)]).toEqual([true, bytes])
        else if (hasCase && !digits.includes('=')) expect(decodedBy(base, digits)).toBeUndefined()
      })
    )
  })
})

function decodedBy(base: (typeof bases)[keyof typeof bases], digits: string): Uint8Array | undefined {
  try {
    return base.decode(base.prefix + digits)
  } catch {
    return undefined
  }
}

test('base58btc without a prefix is read as multiformats writes it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect(decodeBase58(base58btc.baseEncode(bytes))).toEqual(bytes)
    })
  )
})

test('other prefixes and no text are undefined', () => {
  for (const text of ['', 'm', 'uAQID', '9123', 'none']) expect(decodeMultibase(text)).toBeUndefined()
})

test('base58btc and base32 without a prefix are written as multiformats writes them, with zero bytes at the beginning', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(3), (bytes, zeros) => {
      const padded = Uint8Array.of(...new Uint8Array(zeros), ...bytes)
      expect(encodeBase58(padded)).toBe(base58btc.baseEncode(padded))
      expect(encodeBase32(padded)).toBe(base32.baseEncode(padded))
    })
  )
})
