import { RecordError } from '@recordkit/record-types'
import type { RecordStore } from '@recordkit/record-store'

/** What happens to the next call of a store. */
export type StoreFault = 'STORE_IO' | 'unwritten' | 'written' | 'TIMEOUT' | undefined

export interface FaultyStoreOptions {
  readonly fault: () => StoreFault
  /** whether the process that uses the store still runs */
  readonly isRunning: () => boolean
  /** counts the calls that have not ended: those of a real database */
  readonly calls: { running: number }
}

const failing = new Set(['get', 'getMany', 'put', 'touch', 'delete', 'publication', 'mark', 'sweep'])

/** A store that fails at times, and after the end of its process always. */
export function faultyStore(store: RecordStore, { fault, isRunning, calls }: FaultyStoreOptions): RecordStore {
  const counted = async (work: () => Promise<unknown>): Promise<unknown> => {
    calls.running++
    try {
      return await work()
    } finally {
      calls.running--
    }
  }
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function' || typeof name !== 'string') return member
      return (...parameters: unknown[]): unknown => {
        if (!isRunning()) throw new RecordError('STORE_CLOSED', 'the process has ended')
        const run = (): Promise<unknown> => Reflect.apply(member, target, parameters) as Promise<unknown>
        const code = failing.has(name) ? fault() : undefined
        if (code !== undefined)
          return counted(async () => {
            // a write whose outcome is unknown has happened, or not
            const isUnknown = writes(name) && (code === 'written' || code === 'unwritten')
            if (isUnknown && code === 'written') await run()
            throw new RecordError(
              isUnknown ? 'STORE_UNKNOWN' : code === 'TIMEOUT' ? 'TIMEOUT' : 'STORE_IO',
              'an injected fault'
            )
          })
        const result = run() as unknown
        if (result instanceof Promise) return counted(() => result as Promise<unknown>)
        return isIterator(result) ? countedIterator(result, counted) : result
      }
    }
  })
}

function writes(name: string): boolean {
  return name === 'put' || name === 'touch' || name === 'delete'
}

function isIterator(value: unknown): value is AsyncIterableIterator<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

function countedIterator(
  iterator: AsyncIterableIterator<unknown>,
  counted: (work: () => Promise<unknown>) => Promise<unknown>
): AsyncIterableIterator<unknown> {
  return {
    next: () => counted(() => iterator.next()) as Promise<IteratorResult<unknown>>,
    return: () => counted(async () => iterator.return?.()) as Promise<IteratorResult<unknown>>,
    [Symbol.asyncIterator]() {
      return this
    }
  }
}
