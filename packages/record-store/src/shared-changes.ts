import { copyBytes } from '@recordkit/record-types'
import { anySignal } from '@recordkit/record-types/internal'
import type { StoreBackend } from './backend.ts'
import type { LocalChanges } from './local-changes.ts'
import { storeError } from './store-errors.ts'

/** The changes that a backend reports, or this process makes, each key once per report. */
export async function* sharedChanges(
  changes: NonNullable<StoreBackend['changes']>,
  ownChanges: LocalChanges,
  signal: AbortSignal | undefined
): AsyncGenerator<Uint8Array, undefined> {
  const ended = new AbortController()
  // both sources end with it: one that waits for its next step cannot be asked to return
  const either = signal === undefined ? ended.signal : anySignal([signal, ended.signal])
  const local = ownChanges.open(either)
  const shared = changes({ signal: either })[Symbol.asyncIterator]()
  const sources = [local, shared]
  const next = async (index: number): Promise<{ index: number; step: IteratorResult<Uint8Array, unknown> }> => ({
    index,
    step: await (sources[index] as AsyncIterator<Uint8Array>).next()
  })
  const steps = [next(0), next(1)]
  try {
    for (;;) {
      const { index, step } = await Promise.race(steps)
      if (step.done === true) return undefined
      steps[index] = next(index)
      yield copyBytes(step.value)
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw storeError(error)
  } finally {
    ended.abort()
    for (const step of steps) step.catch(() => undefined)
    await Promise.allSettled([local.return(undefined), shared.return?.()])
  }
}
