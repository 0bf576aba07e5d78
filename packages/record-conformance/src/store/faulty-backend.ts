import type { StoreBackend } from '@recordkit/record-store'

/** A backend that can be made to fail. */
export interface FaultyBackend {
  readonly backend: StoreBackend
  /** From now on (or no longer) the medium throws `error` when it is read, or written. */
  fail(operation: 'read' | 'write', error: Error | undefined): void
}

/**
 * Puts a medium that fails on command before a backend: `openFaulty` of a factory is `guardStore` on it. A write that
 * fails does not reach the backend.
 */
export function faultyBackend(sound: StoreBackend): FaultyBackend {
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
      capabilities: sound.capabilities,
      read: (keys) => {
        check('read')
        return sound.read(keys)
      },
      write: (changes) => {
        check('write')
        return sound.write(changes)
      },
      scan: (kind, range) => {
        check('read')
        return sound.scan(kind, range)
      },
      expired: (now, limit) => {
        check('read')
        return sound.expired(now, limit)
      },
      excessMarks: (limit) => {
        check('read')
        return sound.excessMarks?.(limit) ?? []
      },
      stats: () => sound.stats(),
      close: () => sound.close()
    }
  }
}
