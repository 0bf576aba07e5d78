import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VerdictCache } from '../src/verdict-cache.ts'

test('the verdict cache removes the verdict used longest ago, after any number of removals', () => {
  const step = fc.record({
    digest: fc.integer({ min: 0, max: 9 }).map(String),
    action: fc.constantFrom('get', 'set', 'clear')
  })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 200 }), (maximum, steps) => {
      const cache = new VerdictCache(maximum)
      let expected: string[] = []
      for (const { digest, action } of steps) {
        // clearing is rare, so that the cache fills up
        if (action === 'clear' && digest === '0') {
          cache.clear()
          expected = []
        } else if (action === 'set') {
          cache.set(digest, 'valid')
          expected = [...expected.filter((one) => one !== digest), digest].slice(-maximum)
        } else {
          const known = expected.includes(digest)
          expect(cache.get(digest)).toBe(known ? 'valid' : undefined)
          if (known) expected = [...expected.filter((one) => one !== digest), digest]
        }
        expect(cache.stats.entries).toBe(expected.length)
      }
    })
  )
})
