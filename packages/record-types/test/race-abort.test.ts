import { raceAbort } from '@recordkit/record-types/internal'
import { describe, expect, test, vi } from 'vitest'

const never = new Promise<never>(() => undefined)

describe('raceAbort', () => {
  test('settles like the promise when the signal is missing or does not abort', async () => {
    const { signal } = new AbortController()
    const error = new Error('failed')
    for (const given of [undefined, signal]) {
      expect(await raceAbort(Promise.resolve(1), given)).toBe(1)
      await expect(raceAbort(Promise.reject(error), given)).rejects.toBe(error)
    }
  })

  test("rejects with the signal's own reason, whether it aborts before or during the call", async () => {
    const reason = new Error('aborted')
    await expect(raceAbort(never, AbortSignal.abort(reason))).rejects.toBe(reason)
    const controller = new AbortController()
    const running = raceAbort(never, controller.signal)
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
  })

  test('waits for the promise when the callback does not allow the abort', async () => {
    expect(await raceAbort(Promise.resolve(1), AbortSignal.abort(new Error('aborted')), () => false)).toBe(1)
  })

  test('removes its listener from the signal, also when the promise rejects', async () => {
    const { signal } = new AbortController()
    const removed = vi.spyOn(signal, 'removeEventListener')
    await raceAbort(Promise.resolve(1), signal)
    await raceAbort(Promise.reject(new Error('failed')), signal).catch(() => undefined)
    expect(removed).toHaveBeenCalledTimes(2)
  })
})
