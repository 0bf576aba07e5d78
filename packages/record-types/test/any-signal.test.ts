import { anySignal } from '@recordkit/record-types/internal'
import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => vi.unstubAllGlobals())

/** The platform without `AbortSignal.any`, as the edge runtime of Next.js. */
function withoutAny(): void {
  vi.stubGlobal('AbortSignal', {})
}

test.each([
  ['the platform', () => {}],
  ['a platform without AbortSignal.any', withoutAny]
])('the first signal that is aborted gives its reason: %s', (_, prepare) => {
  prepare()
  const controllers = [new AbortController(), new AbortController()] as const
  const either = anySignal(controllers.map(({ signal }) => signal))
  expect(either.aborted).toBe(false)
  const reasons: unknown[] = []
  either.addEventListener('abort', () => reasons.push(either.reason))
  controllers[1].abort('second')
  controllers[0].abort('first')
  expect(either.aborted).toBe(true)
  expect(reasons).toEqual(['second'])
})

test.each([
  ['the platform', () => {}],
  ['a platform without AbortSignal.any', withoutAny]
])('a signal that was aborted before counts, and the first of several: %s', (_, prepare) => {
  prepare()
  const live = new AbortController().signal
  const either = anySignal([live, abortedWith('first'), abortedWith('second')])
  expect(either.aborted).toBe(true)
  expect(either.reason).toBe('first')
})

test('a signal of another realm, which AbortSignal.any refuses, counts', () => {
  const inner = new AbortController()
  const foreign = {
    get aborted() {
      return inner.signal.aborted
    },
    get reason(): unknown {
      return inner.signal.reason
    },
    addEventListener: inner.signal.addEventListener.bind(inner.signal)
  } as AbortSignal
  const either = anySignal([new AbortController().signal, foreign])
  inner.abort('foreign')
  expect(either.reason).toBe('foreign')
})

function abortedWith(reason: string): AbortSignal {
  const controller = new AbortController()
  controller.abort(reason)
  return controller.signal
}
