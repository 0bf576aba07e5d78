import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase32, encodeBase32 } from '../src/base32.ts'
import { text } from './records.ts'

test('bytes are written as RFC 4648 has them, without padding, and read again', () => {
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
  for (const [bytes, written] of Object.entries(vectors)) {
    expect(encodeBase32(text(bytes))).toBe(written)
    expect(decodeBase32(written)).toEqual(text(bytes))
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes)
    })
  )
})

test('a text that no bytes give is not read', () => {
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
