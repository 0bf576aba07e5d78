import { isRecordError, RecordError } from '@recordkit/record-types'
import type { SetTimer } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { RecordStore } from '@recordkit/record-store'
import type { ManagerEvents } from './events.ts'

/** What receives the keys that change in a store. A rejection counts as an interruption: `missed` is called later. */
export interface ChangeListener {
  /** keys that changed, by any process, each once; further ones wait until it has resolved */
  changed(keys: readonly Uint8Array[]): Promise<void>
  /** changes may have been missed: everything must be read again */
  missed(): Promise<void>
}

interface ChangeFollowerOptions {
  readonly store: RecordStore
  readonly events: ManagerEvents
  readonly setTimer: SetTimer
}

/** Maximum number of changed keys that wait here; further ones wait in the store. */
const maxWaiting = 1024
/** ms before changes are followed again after an interruption, doubled after every failure */
const [firstPause, longestPause] = [1000, 60_000]

/**
 * Follows the changes of a store while there are listeners. When the store reports no more of them, it is asked again after a
 * pause, and the listeners read again what they may have missed.
 */
export class ChangeFollower {
  readonly #options: ChangeFollowerOptions
  readonly #listeners = new Set<ChangeListener>()
  #running: AbortController | undefined

  constructor(options: ChangeFollowerOptions) {
    this.#options = options
  }

  add(listener: ChangeListener): void {
    this.#listeners.add(listener)
    if (this.#running !== undefined) return
    const controller = new AbortController()
    this.#running = controller
    void this.#run(controller.signal).finally(() => {
      if (this.#running === controller) this.#running = undefined
    })
  }

  remove(listener: ChangeListener): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size > 0) return
    this.#running?.abort()
    this.#running = undefined
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0
    const follow = async (): Promise<unknown> => {
      const subscription = new AbortController()
      const abort = (): void => subscription.abort()
      signal.addEventListener('abort', abort)
      try {
        await this.#follow(subscription, failures > 0, () => (failures = 0))
        return new RecordError('STORE_IO', 'the store ended the iteration of its changes')
      } catch (error) {
        return error
      } finally {
        signal.removeEventListener('abort', abort)
        subscription.abort()
      }
    }
    for (;;) {
      const error = await follow()
      if (signal.aborted || isRecordError(error, 'STORE_CLOSED')) return
      this.#options.events.dispatch('changes:unread', { error })
      await this.#pause(Math.min(longestPause, firstPause * 2 ** failures++), signal)
      if (signal.aborted) return
    }
  }

  async #follow(subscription: AbortController, isInterrupted: boolean, onChange: () => void): Promise<void> {
    const { signal } = subscription
    const changes = this.#options.store.changes({ signal })
    // what changes from here on is reported
    let next = changes.next()
    const waiting = new Map<string, Uint8Array>()
    let isWorking = false
    let failure: { readonly error: unknown } | undefined
    const work = async (isFirst: boolean): Promise<void> => {
      isWorking = true
      try {
        if (isFirst && isInterrupted) await this.#each((listener) => listener.missed())
        while (waiting.size > 0 && !signal.aborted) {
          const keys = [...waiting.values()]
          waiting.clear()
          await this.#each((listener) => listener.changed(keys))
        }
      } catch (error) {
        failure = { error }
        subscription.abort()
      }
      isWorking = false
    }
    let working = work(true)
    try {
      for (let step = await next; step.done !== true; step = await next) {
        onChange()
        waiting.set(mapKey(step.value), step.value)
        if (!isWorking) working = work(false)
        if (waiting.size >= maxWaiting) await working
        next = changes.next()
      }
      await working
    } catch (error) {
      failure ??= { error }
    }
    if (failure !== undefined) throw failure.error
  }

  async #each(call: (listener: ChangeListener) => Promise<void>): Promise<void> {
    for (const listener of this.#listeners) await call(listener)
  }

  async #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.setTimer(resolve, milliseconds)
      signal.addEventListener('abort', () => {
        cancel()
        resolve()
      })
    })
  }
}
