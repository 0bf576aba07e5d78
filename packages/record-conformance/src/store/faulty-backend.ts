import type { StoreBackend } from '@recordkit/record-store'

/** A backend whose reads or writes fail on request. */
export interface FaultyBackend {
  readonly backend: StoreBackend
  /** Makes reads or writes throw `error` from now on, or succeed again when it is `undefined`. */
  fail(operation: 'read' | 'write', error: Error | undefined): void
}

/**
 * Wraps a backend so that its reads and writes can be made to fail, for `openFaulty` of a factory. A write that fails does
 * not reach the wrapped backend.
 *
 * @example
 * ```ts
 * openFaulty: (setting) => {
 *   const { backend, fail } = faultyBackend(new MyBackend())
 *   return { store: createStore(backend, setting), fail }
 * }
 * ```
 */
export function faultyBackend(inner: StoreBackend): FaultyBackend {
  const failures: { read?: Error | undefined; write?: Error | undefined } = {}
  const check = (operation: 'read' | 'write'): void => {
    const error = failures[operation]
    if (error !== undefined) throw error
  }
  return {
    fail: (operation, error) => {
      failures[operation] = error
    },
    backend: {
      capabilities: inner.capabilities,
      read: (keys) => {
        check('read')
        return inner.read(keys)
      },
      write: (changes) => {
        check('write')
        return inner.write(changes)
      },
      scan: (kind, range) => {
        check('read')
        return inner.scan(kind, range)
      },
      expired: (now, limit) => {
        check('read')
        return inner.expired(now, limit)
      },
      excessMarks: (limit) => {
        check('read')
        return inner.excessMarks?.(limit) ?? []
      },
      stats: () => inner.stats(),
      close: () => inner.close()
    }
  }
}
