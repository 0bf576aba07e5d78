import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase32, encodeBase32 } from '../src/base32.ts'
import { text } from './records.ts'

test('encodes bytes as base32 of RFC 4648 without padding, and decodes them again', () => {
  // section 10
  const vectors = {
    '': '',
    f: 'MY',
    fo: 'MZXQ',
    foo: 'MZXW6',
    foob: 'MZXW6YQ',
    fooba: 'MZXW6YTB',
    foobar: 'MZXW6YTBOI'
  }
  for (const [bytes, encoded] of Object.entries(vectors)) {
    expect(encodeBase32(text(bytes))).toBe(encoded)
    expect(decodeBase32(encoded)).toEqual(text(bytes))
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes)
    })
  )
})

test('decodes no text that encoding cannot produce', () => {
  for (const wrong of ['M', 'MZ', 'MZX', 'MZXW6Y', 'my', 'MY======', 'M1', '1', '0A', 'MZXW6YT-', 'ＭＹ', '💥💥']) {
    expect(decodeBase32(wrong), wrong).toBeUndefined()
  }
  fc.assert(
    fc.property(fc.string(), (any) => {
      const bytes = decodeBase32(any)
      if (bytes !== undefined) expect(encodeBase32(bytes)).toBe(any)
    })
  )
})
