import { prefixUpperBound } from '@recordkit/record-store'
import { compareBytes } from '@recordkit/record-types'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const bytes = fc.uint8Array({ maxLength: 6 })

test('prefixUpperBound sorts above every byte string that begins with the prefix', () => {
  fc.assert(
    fc.property(bytes, bytes, (prefix, rest) => {
      const end = prefixUpperBound(prefix)
      const inside = Uint8Array.from([...prefix, ...rest])
      if (end === undefined) expect(prefix.every((byte) => byte === 0xff)).toBe(true)
      else {
        expect(compareBytes(inside, end)).toBeLessThan(0)
        expect(compareBytes(prefix, end)).toBeLessThan(0)
      }
    })
  )
})
