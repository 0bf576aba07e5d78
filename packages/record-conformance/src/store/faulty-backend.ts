import type { StoreBackend } from '@recordkit/record-store'
import { RecordError } from '@recordkit/record-types'
import type { Fault } from './store-case.ts'

/** A backend whose reads, writes or replies to writes fail on request. */
export interface FaultyBackend {
  readonly backend: StoreBackend
  /** Makes reads or writes throw `error` from now on, or succeed again when it is `undefined`. */
  fail(fault: Fault, error: Error | undefined): void
}

/**
 * Wraps a backend so that its reads and writes can be made to fail, for `openFaulty` of a factory. A `write` that fails does
 * not reach the wrapped backend, and throws `STORE_IO`; a `reply` fails after the write, with the error itself.
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
  const failures: Partial<Record<Fault, Error | undefined>> = {}
  const check = (fault: Fault): void => {
    const error = failures[fault]
    if (error === undefined) return
    if (fault === 'write') throw new RecordError('STORE_IO', error.message, { cause: error })
    throw error
  }
  const { changes, lease, writeOrRead } = inner
  return {
    fail: (fault, error) => {
      failures[fault] = error
    },
    backend: {
      capabilities: inner.capabilities,
      collectsCalls: inner.collectsCalls,
      read: (keys) => {
        check('read')
        return inner.read(keys)
      },
      write: async (writing) => {
        check('write')
        const written = await inner.write(writing)
        check('reply')
        return written
      },
      // expects nothing: then every call reads
      ...(writeOrRead === undefined
        ? {}
        : {
            writeOrRead: async (writing) => {
              check('write')
              const written = await writeOrRead.call(inner, writing)
              check('reply')
              return written
            }
          }),
      scan: (kind, range) => {
        check('read')
        return inner.scan(kind, range)
      },
      expired: (now, limit) => {
        check('read')
        return inner.expired(now, limit)
      },
      accounts: inner.accounts,
      ...(changes === undefined ? {} : { changes: (options) => changes.call(inner, options) }),
      ...(lease === undefined ? {} : { lease: (...parameters) => lease.apply(inner, parameters) }),
      stats: () => inner.stats(),
      close: () => inner.close()
    }
  }
}
