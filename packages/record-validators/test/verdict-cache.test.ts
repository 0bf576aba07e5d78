import type { Verdict } from '@recordkit/record-types'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VerdictCache } from '../src/verdict-cache.ts'

const accept: Verdict = { status: 'accept' }

test('the verdict not asked for longest goes first, however many went before', () => {
  const step = fc.record({
    digest: fc.integer({ min: 0, max: 9 }).map(String),
    act: fc.constantFrom('get', 'set', 'clear')
  })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 200 }), (maximum, steps) => {
      const cache = new VerdictCache(maximum)
      let kept: string[] = []
      for (const { digest, act } of steps) {
        // clearing is to be rare, so that there is something to forget
        if (act === 'clear' && digest === '0') {
          cache.clear()
          kept = []
        } else if (act === 'set') {
          cache.set(digest, accept)
          kept = [...kept.filter((one) => one !== digest), digest].slice(-maximum)
        } else {
          const known = kept.includes(digest)
          expect(cache.get(digest, 0n)).toBe(known ? accept : undefined)
          if (known) kept = [...kept.filter((one) => one !== digest), digest]
        }
        expect(cache.stats.entries).toBe(kept.length)
      }
    })
  )
})
