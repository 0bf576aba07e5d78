import { createAccessControl } from '@recordkit/record-access'
import { abortEverywhere, failAt, failureTimes } from '@recordkit/testing'
import { expect, test } from 'vitest'

test.each(failureTimes)(
  'the check of a sender ends with its abort when the rate limiter fails: %s',
  async (failing) => {
    const sender = Uint8Array.of(0, 1, 2)
    const runs = await abortEverywhere(
      () => async (signal) => {
        const access = createAccessControl({
          limiter: { consume: async () => failAt(failing, new Error('broken'), signal) }
        })
        return access.checkSender?.(sender, sender, { signal })
      },
      20
    )
    const [first] = runs
    expect(first?.outcome).toMatchObject({ error: { name: 'Cancelled' } })
  }
)
