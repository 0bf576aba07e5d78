import type {
  EntryContent,
  RecordStore,
  StoreChange,
  StoredRecord,
  StoreEntry,
  StoreOperation
} from '@recordkit/record-store'
import type { MemoryAccounts } from '@recordkit/record-store/internal'
import { compareBytes, equalBytes, RecordError } from '@recordkit/record-types'
import { higherMark, isExpired, markLifetime, markFor } from '@recordkit/record-store'
import { mapKey } from '@recordkit/record-types/internal'
import type { StoreSetting } from '../../src/index.ts'
import type { SyncAccounts } from './accounted-backend.ts'
import { AccountedBackend } from './accounted-backend.ts'
import type { Flaw } from './break-store.ts'
import { entryOf, MapBackend } from '../map-backend.ts'
import type { MapEntry } from '../map-backend.ts'

/** A store that changes every record that is put. */
function changing(change: (record: StoredRecord) => StoredRecord): Flaw {
  return {
    store: (correct) => ({
      put: async (record, options) => correct.put(isRecord(record) ? change(record) : record, options),
      batch: async (operations, options) =>
        correct.batch(
          Array.isArray(operations)
            ? operations.map((operation: StoreOperation) =>
                operation?.type === 'put' && isRecord(operation.record)
                  ? { ...operation, record: change(operation.record) }
                  : operation
              )
            : operations,
          options
        )
    })
  }
}

/** A store that changes every key that it receives. */
function rekeying(change: (key: Uint8Array) => Uint8Array): Flaw {
  const changed = (key: Uint8Array): Uint8Array => (key instanceof Uint8Array && key.length <= 1024 ? change(key) : key)
  return {
    store: (correct) => ({
      get: (key, options) => correct.get(changed(key), options),
      has: (key, options) => correct.has(changed(key), options),
      getMany: (keys, options) => correct.getMany(Array.isArray(keys) ? keys.map(changed) : keys, options),
      delete: (key, options) => correct.delete(changed(key), options),
      put: (record, options) =>
        correct.put(isRecord(record) ? { ...record, key: changed(record.key) } : record, options)
    })
  }
}

function isRecord(record: unknown): record is StoredRecord {
  return typeof record === 'object' && record !== null && (record as StoredRecord).key instanceof Uint8Array
}

function backend(replace: (mapBackend: MapBackend) => void): Flaw {
  return {
    backend: (data) => {
      const mapBackend = new MapBackend(data)
      replace(mapBackend)
      return mapBackend
    }
  }
}

/** Changes the entries that are written. */
function writing(change: (next: EntryContent, previous: StoreEntry, key: Uint8Array) => EntryContent): Flaw {
  return backend((mapBackend) => {
    const { write } = MapBackend.prototype
    mapBackend.write = (changes) =>
      write.call(
        mapBackend,
        changes.map(({ key, previous, next }) => ({ key, previous, next: change(next, previous, key) }))
      )
  })
}

/** A store that is opened with other bounds. */
function bounded(change: (setting: StoreSetting) => StoreSetting): Flaw {
  return { options: change }
}

/** A store whose backend keeps accounts, with a flaw in them or in the entries that it writes. */
function accounted(
  replace: (accounts: MemoryAccounts) => Partial<SyncAccounts>,
  change: (writing: StoreChange) => EntryContent = ({ next }) => next,
  options: { readonly protectsPublished?: boolean } = {}
): Flaw {
  return {
    backend: (data) => {
      const accountedBackend = new AccountedBackend(data, data, options.protectsPublished)
      const { accounts } = accountedBackend
      const { sizes, totals, largestGroups, oldest } = {
        sizes: (names: readonly Uint8Array[]) => accounts.sizes(names),
        totals: () => accounts.totals(),
        largestGroups: (...parameters: Parameters<SyncAccounts['largestGroups']>) =>
          accounts.largestGroups(...parameters),
        oldest: (...parameters: Parameters<SyncAccounts['oldest']>) => accounts.oldest(...parameters)
      }
      const replaced = replace(accounts)
      const flawed: SyncAccounts =
        (replaced as unknown) === accounts
          ? { sizes, totals, largestGroups, oldest }
          : { sizes, totals, largestGroups, oldest, ...replaced }
      Object.defineProperty(accountedBackend, 'accounts', { value: flawed })
      const write = accountedBackend.write.bind(accountedBackend)
      accountedBackend.write = (changes) => write(changes.map((writing) => ({ ...writing, next: change(writing) })))
      return accountedBackend
    }
  }
}

function withoutMark<Entry extends EntryContent>(entry: Entry): Entry {
  return { ...entry, mark: undefined }
}

/** Stores a record under its key, whatever was there. */
function overwrite(data: MapBackend['data'], record: StoredRecord, more: Partial<MapEntry> = {}): void {
  data.set(mapKey(record.key), structuredClone({ ...more, key: record.key, record }))
}

/** Every flaw that the kit must find, by its description. */
export const flaws: Readonly<Record<string, Flaw>> = {
  'reads the bytes of its caller too late': {
    store: (correct) => ({
      put: async (record, options) => {
        await Promise.resolve()
        return correct.put(record, options)
      }
    })
  },
  'copies the operations of a batch too late': {
    store: (correct) => ({
      batch: async (operations, options) => {
        await Promise.resolve()
        return correct.batch(operations, options)
      }
    })
  },
  'returns bytes that it uses itself': {
    store: (correct) => {
      const cache = new Map<string, StoredRecord>()
      return {
        get: async (key, options) => {
          const found = await correct.get(key, options)
          const known = cache.get(mapKey(key))
          if (found !== undefined && known?.value.length === found.value.length) return known
          if (found !== undefined) cache.set(mapKey(key), found)
          return found
        }
      }
    }
  },
  'drops the sender of a record': changing((record) => {
    const { sender: _, ...rest } = record
    return rest
  }),
  'adds an author to records without one': changing((record) => ({
    ...record,
    author: record.author ?? Uint8Array.of(0)
  })),
  'refuses empty values': {
    store: (correct) => ({
      put: async (record, options) => (record?.value?.length === 0 ? { status: 'stale' } : correct.put(record, options))
    })
  },
  'stores times as signed numbers': changing((record) =>
    typeof record.expires === 'bigint' && record.expires > 2n ** 63n
      ? { ...record, expires: BigInt.asIntN(63, record.expires) & 0xffffn }
      : record
  ),
  'stores the buffer under a view': changing((record) =>
    record.value instanceof Uint8Array
      ? { ...record, value: new Uint8Array(record.value.buffer).slice(0, 65_536) }
      : record
  ),
  'decodes keys as UTF-8': rekeying((key) => new TextEncoder().encode(new TextDecoder().decode(key)).slice(0, 1024)),
  'normalizes keys': rekeying((key) => {
    const text = new TextDecoder().decode(key)
    const normal = new TextEncoder().encode(text.normalize('NFC'))
    return equalBytes(new TextEncoder().encode(text), key) ? normal : key
  }),
  'truncates keys at a zero byte': rekeying((key) => {
    const end = key.indexOf(0, 1)
    return end < 0 ? key : key.slice(0, end)
  }),
  'throws for missing keys': {
    store: (correct) => ({
      get: async (key, options) => {
        const found = await correct.get(key, options)
        if (found === undefined) throw new RecordError('STORE_IO', 'not found')
        return found
      }
    })
  },
  'returns null for missing keys': {
    store: (correct) => ({
      get: async (key, options) => (await correct.get(key, options)) ?? (null as unknown as undefined)
    })
  },
  'leaves missing keys out of the result of getMany': {
    store: (correct) => ({
      getMany: async (keys, options) => {
        const found = await correct.getMany(keys, options)
        return found.filter((record) => record !== undefined)
      }
    })
  },
  'acknowledges a put before it is visible': {
    store: (correct) => {
      let pending: StoredRecord | undefined
      const flush = async (): Promise<void> => {
        const record = pending
        pending = undefined
        if (record !== undefined) await correct.put(record)
      }
      return {
        put: async (record, options) => {
          await flush()
          const stored = isRecord(record) && record.key.length === 4 ? await correct.get(record.key) : undefined
          if (stored === undefined || options !== undefined) return correct.put(record, options)
          pending = structuredClone(record)
          return { status: 'stored', previous: stored }
        },
        get: async (key, options) => {
          const found = await correct.get(key, options)
          await flush()
          return found
        }
      }
    }
  },
  'declares a capability that it does not have': {
    store: (correct) => ({ capabilities: { ...correct.capabilities, durable: true } })
  },
  'does not count the bytes of keys': backend((mapBackend) => {
    mapBackend.stats = () => {
      const stats = MapBackend.prototype.stats.call(mapBackend)
      return { ...stats, bytes: Math.floor(stats.bytes / 2) }
    }
  }),
  'never lowers its number of records': {
    store: (correct) => {
      let entries = 0
      return {
        put: async (record, options) => {
          const result = await correct.put(record, options)
          if (result.status === 'stored' && result.previous === undefined) entries++
          return result
        },
        stats: async (options) => ({ ...(await correct.stats(options)), entries })
      }
    }
  },
  'does not return the previous record': {
    store: (correct) => ({
      put: async (record, options) => {
        const { previous: _, ...result } = await correct.put(record, options)
        return result
      }
    })
  },
  'stores the last record regardless of rank': {
    store: (correct, { backend: { data } }) => ({
      put: async (record, options) => {
        const result = await correct.put(record, options)
        if (result.status !== 'stale') return result
        overwrite(data, record, data.get(mapKey(record.key)))
        return { ...result, status: 'stored' }
      }
    })
  },
  'stores the last record at equal order': {
    store: (correct, { backend: { data } }) => ({
      put: async (record, options) => {
        const result = await correct.put(record, options)
        const order = (rank: Uint8Array | undefined): string | undefined => rank?.subarray(0, -32).join()
        if (result.status !== 'stale' || order(result.previous?.rank) !== order(record.rank)) return result
        overwrite(data, record)
        return { ...result, status: 'stored' }
      }
    })
  },
  'compares ranks by length first': changing((record) =>
    record.rank instanceof Uint8Array && record.rank.length >= 32 && record.rank.length < 63
      ? { ...record, rank: Uint8Array.of(record.rank.length, ...record.rank) }
      : record
  ),
  'does not update times on a refresh': {
    store: (correct) => ({
      put: async (record, options) => {
        const stored =
          isRecord(record) && record.key.length <= 1024 && record.key.length > 0
            ? await correct.get(record.key)
            : undefined
        return stored !== undefined && record.value instanceof Uint8Array && equalBytes(stored.value, record.value)
          ? { status: 'refreshed', previous: stored }
          : correct.put(record, options)
      }
    })
  },
  'decides a put outside of its lock': {
    store: (correct, { backend: { data } }) => ({
      put: async (record, options) => {
        if (!isRecord(record) || record.key.length === 0 || record.key.length > 1024)
          return correct.put(record, options)
        const stored = await correct.get(record.key)
        const result = await correct.put(record, options)
        const copy = data.get(mapKey(record.key))?.record
        if (stored !== undefined || result.status !== 'stale' || copy === undefined) return result
        overwrite(data, { ...copy, rank: record.rank, value: record.value })
        return { status: 'stored' }
      }
    })
  },
  'ignores the condition of a delete': { store: (correct) => ({ delete: (key) => correct.delete(key) }) },
  'reports every delete as successful': {
    store: (correct) => ({
      delete: async (key, options) => {
        await correct.delete(key, options)
        return true
      }
    })
  },
  'compares and deletes in two steps': {
    store: (correct) => ({
      delete: async (key, options) => {
        if (!(options?.ifRank instanceof Uint8Array)) return correct.delete(key, options)
        const stored = await correct.get(key)
        if (stored === undefined || !equalBytes(stored.rank, options.ifRank)) return false
        await Promise.resolve()
        for (let turn = 0; turn < 50; turn++) await Promise.resolve()
        return correct.delete(key)
      }
    })
  },
  'applies the operations of a batch one by one': {
    store: (correct) => ({
      batch: async (operations, options) => {
        options?.signal?.throwIfAborted()
        if (!Array.isArray(operations)) return correct.batch(operations)
        const copies = structuredClone(operations) as StoreOperation[]
        const results = []
        for (const operation of copies) results.push(...(await correct.batch([operation])))
        return results
      }
    })
  },
  'writes a batch key by key': backend((mapBackend) => {
    mapBackend.write = async (changes) => {
      for (const change of changes) {
        await MapBackend.prototype.write.call(mapBackend, [change])
        for (let turn = 0; turn < 10; turn++) await Promise.resolve()
      }
      return true
    }
  }),
  'applies a batch in reverse': {
    store: (correct) => ({
      batch: async (operations, options) =>
        Array.isArray(operations)
          ? (await correct.batch([...operations].reverse(), options)).reverse()
          : correct.batch(operations, options)
    })
  },
  'fails a batch with a stale put': {
    store: (correct) => ({
      batch: async (operations, options) => {
        const results = await correct.batch(operations, options)
        if (results.some((result) => 'status' in result && result.status === 'stale')) {
          throw new RecordError('STALE', 'a put of the batch was stale')
        }
        return results
      }
    })
  },
  'rejects large and empty batches': {
    store: (correct) => ({
      batch: async (operations, options) => {
        if (Array.isArray(operations) && (operations.length === 0 || operations.length > 500)) {
          throw new RecordError('INVALID_ARGUMENT', 'a batch has 1 to 500 operations')
        }
        return correct.batch(operations, options)
      }
    })
  },
  'locks the keys of a batch one after another': {
    store: (correct) => {
      const stored = new Map<string, Promise<void>>()
      return {
        batch: async (operations, options) => {
          const keys = Array.isArray(operations)
            ? new Set(
                operations.flatMap((operation: StoreOperation) =>
                  operation?.type === 'put' && isRecord(operation.record) ? [mapKey(operation.record.key)] : []
                )
              )
            : new Set<string>()
          const copies = Array.isArray(operations) ? operations.slice() : operations
          const run = correct.batch.bind(correct, keys.size === 4 ? copies : operations, options)
          if (keys.size !== 4) return run()
          let release = (): void => {}
          const released = new Promise<void>((resolve) => {
            release = resolve
          })
          for (const key of keys) {
            while (stored.has(key)) await stored.get(key)
            stored.set(key, released)
            await Promise.resolve()
          }
          const results = await run()
          for (const key of keys) stored.delete(key)
          release()
          return results
        }
      }
    }
  },
  'leaves no marks': writing((next) => withoutMark(next)),
  'keeps marks for a day only': writing((next) =>
    next.mark === undefined
      ? next
      : { ...next, mark: { ...next.mark, until: next.mark.until - markLifetime + 86_400_000_000_000n } }
  ),
  'keeps every mark for exactly 30 days': {
    backend: (data) => new MapBackend(data),
    store: (correct, { setting, backend: mapBackend }) => {
      const write = mapBackend.write.bind(mapBackend)
      mapBackend.write = (changes) =>
        write(
          changes.map(({ key, previous, next }) => ({
            key,
            previous,
            next:
              next.mark === undefined
                ? next
                : { ...next, mark: { ...next.mark, until: setting.clock() + markLifetime } }
          }))
        )
      return {}
    }
  },
  'drops the mark beside a record': writing((next) => (next.record === undefined ? next : withoutMark(next))),
  'keeps the first mark of a key': writing((next, previous) =>
    next.mark !== undefined && previous.mark !== undefined
      ? { ...next, mark: { ...previous.mark, until: next.mark.until } }
      : next
  ),
  'keeps the lowest mark of a key': {
    store: (correct, { backend: mapBackend }) => {
      const lowest = new Map<string, Uint8Array>()
      const write = mapBackend.write.bind(mapBackend)
      mapBackend.write = (changes) =>
        write(
          changes.map(({ key, previous, next }) => {
            if (next.mark === undefined) return { key, previous, next }
            const known = lowest.get(mapKey(key))
            const rank = known !== undefined && compareBytes(known, next.mark.rank) < 0 ? known : next.mark.rank
            lowest.set(mapKey(key), rank)
            return { key, previous, next: { ...next, mark: { ...next.mark, rank } } }
          })
        )
      return {}
    }
  },
  'refuses records that rank equal to the mark': {
    store: (correct) => ({
      put: async (record, options) => {
        const mark =
          isRecord(record) && record.key.length > 0 && record.key.length <= 1024 && options?.signal === undefined
            ? await correct.mark(record.key).catch(() => undefined)
            : undefined
        if (mark !== undefined && record.rank instanceof Uint8Array && equalBytes(mark.rank, record.rank))
          return { status: 'stale', mark }
        return correct.put(record, options)
      }
    })
  },
  'applies marks after their time': {
    store: (correct, { backend: { data } }) => ({
      put: async (record, options) => {
        const mark = isRecord(record) ? data.get(mapKey(record.key))?.mark : undefined
        if (mark !== undefined && compareBytes(record.rank, mark.rank) < 0) return { status: 'stale', mark }
        return correct.put(record, options)
      }
    })
  },
  'lists marks after their time': {
    store: (correct, { backend: { data } }) => ({
      marks: async function* (query, options) {
        for await (const mark of correct.marks(query, options)) yield mark
        const now = [...data.values()].flatMap(({ mark }) => (mark === undefined ? [] : [mark]))
        if (query === undefined && now.length > 1) yield* now
      }
    })
  },
  'ignores the direction of a query for marks': {
    store: (correct) => ({
      marks: (query, options) =>
        query === null || typeof query !== 'object'
          ? correct.marks(query, options)
          : correct.marks({ ...query, reverse: false }, options)
    })
  },
  'returns expired records until they are swept': {
    store: (correct, { backend: { data } }) => ({
      get: async (key, options) => (await correct.get(key, options)) ?? data.get(mapKey(key))?.record
    })
  },
  'iterates over expired records': {
    store: (correct, { backend: { data }, setting }) => ({
      iterate: async function* (query, options) {
        yield* correct.iterate(query, options)
        if (query !== undefined) return
        for (const { record } of data.values())
          if (record !== undefined && isExpired(record, setting.clock())) yield record
      }
    })
  },
  'expires records an instant too early': changing((record) =>
    typeof record.expires === 'bigint' && record.expires > 0n && record.expires < 2n ** 64n
      ? { ...record, expires: record.expires - 1n }
      : record
  ),
  'expires records that have no expiry': changing((record) =>
    record.expires === undefined && typeof record.timeReceived === 'bigint' && record.timeReceived < 2n ** 63n
      ? { ...record, expires: record.timeReceived + 10n ** 15n }
      : record
  ),
  'does not sweep': { store: () => ({ sweep: async () => 0 }) },
  'sweeps ten records only': {
    store: (correct) => ({
      sweep: async (options) =>
        options?.limit === undefined ? correct.sweep({ ...options, limit: 10 }) : correct.sweep(options)
    })
  },
  'ignores the limit of a sweep': {
    store: (correct) => ({
      sweep: async (options) => {
        if (options?.limit !== undefined && !(options.limit >= 0)) return correct.sweep(options)
        return correct.sweep(options?.signal === undefined ? {} : { signal: options.signal })
      }
    })
  },
  'sweeps the latest expiry first': backend((mapBackend) => {
    mapBackend.expired = (now, limit) =>
      MapBackend.prototype.expired.call(mapBackend, now, 100_000).reverse().slice(0, limit)
  }),
  'sweeps by the first expiry of a record': {
    store: (correct, { backend: mapBackend, setting }) => {
      const first = new Map<string, bigint>()
      return {
        put: async (record, options) => {
          const result = await correct.put(record, options)
          const id = mapKey(record.key)
          if (result.status === 'stored' && result.previous === undefined && record.expires !== undefined)
            first.set(id, record.expires)
          return result
        },
        sweep: async (options) => {
          let swept = 0
          for (const [id, expires] of first) {
            const entry = mapBackend.data.get(id)
            if (expires >= setting.clock() || entry?.record === undefined || swept >= (options?.limit ?? Infinity))
              continue
            if (!isExpired(entry.record, setting.clock())) {
              const mark = higherMark(entry.mark, markFor(entry.record, setting.clock()))
              mapBackend.data.set(id, { ...entry, record: undefined, mark })
              first.delete(id)
              swept++
            }
          }
          return swept + (await correct.sweep(options))
        }
      }
    }
  },
  'sweeps records that were replaced meanwhile': {
    store: (correct, { backend: mapBackend, setting }) => ({
      sweep: async (options) => {
        options?.signal?.throwIfAborted()
        const keys = mapBackend.expired(setting.clock(), 1000)
        const swept = await correct.sweep(options)
        for (let turn = 0; turn < 50; turn++) await Promise.resolve()
        if (options?.limit === undefined && keys.length < 1000) {
          for (const key of keys) {
            const { record } = mapBackend.data.get(mapKey(key)) ?? {}
            if (record !== undefined) mapBackend.data.set(mapKey(key), { key, mark: markFor(record, setting.clock()) })
          }
        }
        return swept
      }
    })
  },
  'refuses records that have expired': {
    store: (correct, { setting }) => ({
      put: async (record, options) =>
        isRecord(record) &&
        typeof record.expires === 'bigint' &&
        record.expires >= 0n &&
        record.expires < setting.clock()
          ? { status: 'stale' }
          : correct.put(record, options)
    })
  },
  'iterates in insertion order': backend((mapBackend) => {
    mapBackend.scan = (kind, range) => {
      const found = new Map(
        [...MapBackend.prototype.scan.call(mapBackend, kind, range)].map((entry) => [entry.version, entry])
      )
      return [...mapBackend.data.values()].flatMap((entry) => found.get(entry) ?? [])
    }
  }),
  'ends a prefix at the prefix followed by 0xff': {
    store: (correct) => ({
      iterate: (query, options) => {
        const { prefix, ...rest } = query ?? {}
        if (!(prefix instanceof Uint8Array) || query?.start !== undefined) return correct.iterate(query, options)
        return correct.iterate({ ...rest, start: prefix, end: Uint8Array.of(...prefix, 0xff) }, options)
      }
    })
  },
  'treats a prefix as a start': {
    store: (correct) => ({
      iterate: (query, options) => {
        const { prefix, ...rest } = query ?? {}
        if (!(prefix instanceof Uint8Array) || query?.start !== undefined) return correct.iterate(query, options)
        return correct.iterate({ ...rest, start: prefix }, options)
      }
    })
  },
  'treats the end as inclusive': {
    store: (correct) => ({
      iterate: (query, options) =>
        query?.end instanceof Uint8Array
          ? correct.iterate({ ...query, end: Uint8Array.of(...query.end, 0) }, options)
          : correct.iterate(query, options)
    })
  },
  'counts expired records against a limit': backend((mapBackend) => {
    mapBackend.scan = (kind, range) =>
      [...MapBackend.prototype.scan.call(mapBackend, kind, range)].slice(0, range.limit)
  }),
  'hides expired records that are asked for': {
    store: (correct) => ({
      iterate: (query, options) =>
        correct.iterate(query?.expired === true ? { ...query, expired: false } : query, options)
    })
  },
  'repeats the last key of a page in the next one': {
    store: (correct) => ({
      iterate: (query, options) => {
        const { after, ...rest } = query ?? {}
        return after instanceof Uint8Array && query?.reverse !== true
          ? correct.iterate({ ...rest, start: after }, options)
          : correct.iterate(query, options)
      }
    })
  },
  'shifts an iteration when keys are written': {
    backend: (data) => {
      const mapBackend = new MapBackend(data)
      mapBackend.scan = function* (kind, range) {
        // each step sorts all entries: not for many
        if (mapBackend.data.size > 1000) return yield* MapBackend.prototype.scan.call(mapBackend, kind, range)
        for (let index = 0; ; index++) {
          const entry = [...MapBackend.prototype.scan.call(mapBackend, kind, range)][index]
          if (entry === undefined) return undefined
          yield entry
        }
      }
      return mapBackend
    },
    capabilities: new MapBackend().capabilities
  },
  'continues an iteration after it was ended': {
    store: (correct) => ({
      iterate: (query, options) => {
        const iteration = correct.iterate(query, options)
        return {
          next: () => iteration.next(),
          return: async () => ({ done: true, value: undefined }),
          [Symbol.asyncIterator]() {
            return this
          },
          [Symbol.asyncDispose]: async () => {}
        } as ReturnType<RecordStore['iterate']>
      }
    })
  },
  'ends an iteration when steps overlap': {
    store: (correct) => ({
      iterate: (query, options) => {
        const iteration = correct.iterate(query, options)
        let busy = false
        return {
          next: async () => {
            if (busy) return { done: true, value: undefined }
            busy = true
            try {
              return await iteration.next()
            } finally {
              busy = false
            }
          },
          return: (value?: unknown) => iteration.return?.(value) as Promise<IteratorResult<StoredRecord>>,
          [Symbol.asyncIterator]() {
            return this
          },
          [Symbol.asyncDispose]: async () => {}
        } as ReturnType<RecordStore['iterate']>
      }
    })
  },
  'reads the bytes of a query too late': {
    store: (correct) => ({
      iterate: async function* (query, options) {
        yield* correct.iterate(query, options)
      }
    })
  },
  'ends an iteration without an error when it is closed': {
    store: (correct) => ({
      iterate: async function* (query, options) {
        let started = false
        try {
          for await (const record of correct.iterate(query === undefined ? query : structuredClone(query), options)) {
            started = true
            yield record
          }
        } catch (error) {
          if (!started || (error as RecordError).code !== 'STORE_CLOSED') throw error
        }
      }
    })
  },
  'ignores signals': {
    store: (correct) => ({
      get: (key) => correct.get(key),
      put: (record) => correct.put(record),
      iterate: (query) => correct.iterate(query)
    })
  },
  'wraps the reason of a signal': {
    store: (correct) => ({
      get: async (key, options) => {
        try {
          return await correct.get(key, options)
        } catch (error) {
          if (options?.signal?.aborted === true) throw new Error('aborted', { cause: error })
          throw error
        }
      }
    })
  },
  'rejects an aborted put that is still written': {
    store: (correct) => ({
      put: (record, options) => {
        const signal = options?.signal
        if (typeof signal?.addEventListener !== 'function' || signal.aborted) return correct.put(record, options)
        return new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
          correct.put(record).then(resolve, reject)
        })
      }
    })
  },
  'accepts calls after close': {
    store: (correct) => {
      let last: StoredRecord | undefined
      return {
        close: async () => {
          last = undefined
          await correct.close()
        },
        has: async (key, options) => {
          try {
            return await correct.has(key, options)
          } catch (error) {
            if ((error as RecordError).code === 'STORE_CLOSED') return last !== undefined
            throw error
          }
        }
      }
    }
  },
  'cannot be closed twice': {
    store: (correct) => {
      let closed = false
      return {
        close: async () => {
          if (closed) throw new RecordError('STORE_CLOSED', 'the store is closed')
          closed = true
          await correct.close()
        }
      }
    }
  },
  'does not close when it is disposed': { store: () => ({ [Symbol.asyncDispose]: async () => {} }) },
  'fails running calls with other errors when it closes': {
    store: (correct) => {
      let closing = false
      return {
        close: () => {
          closing = true
          return correct.close()
        },
        put: async (record, options) => {
          const result = await correct.put(record, options)
          if (closing) throw new TypeError('the connection was lost')
          return result
        }
      }
    }
  },
  'loses marks when it is reopened': {
    backend: (data) => {
      for (const [id, entry] of data ?? []) data?.set(id, withoutMark(entry))
      return new MapBackend(data)
    }
  },
  'loses the newest records when it is closed': {
    store: (correct, { backend: { data } }) => ({
      close: async () => {
        await correct.close()
        for (const id of [...data.keys()].slice(20)) data.delete(id)
      }
    })
  },
  'does not check keys': {
    store: (correct) => ({
      get: async (key, options) =>
        key instanceof Uint8Array && key.length > 0 && key.length < 1025 ? correct.get(key, options) : undefined
    })
  },
  'does not check the fields of a record': {
    store: (correct) => ({
      put: async (record, options) => {
        try {
          return await correct.put(record, options)
        } catch (error) {
          if ((error as Error).message.startsWith('sender'))
            throw new TypeError('sender.slice is not a function', { cause: error })
          throw error
        }
      }
    })
  },
  'does not check sizes': {
    store: (correct, { backend: { data } }) => ({
      put: async (record, options) => {
        const large = record?.value instanceof Uint8Array && record.value.length > 65_536
        if (!large) return correct.put(record, options)
        overwrite(data, record)
        return { status: 'stored' }
      }
    })
  },
  'ignores its configured limits': {
    store: (correct) => ({
      get: async (key, options) =>
        key instanceof Uint8Array && key.length === 9 ? undefined : correct.get(key, options)
    })
  },
  'accepts invalid batches': {
    store: (correct) => ({
      batch: async (operations, options) =>
        Array.isArray(operations) || operations === undefined ? correct.batch(operations ?? [], options) : []
    })
  },
  'accepts invalid queries': {
    store: (correct) => ({
      iterate: (query, options) =>
        typeof query === 'object' && query !== null && !(Number(query.limit) < 0)
          ? correct.iterate(query, options)
          : correct.iterate(undefined, options)
    })
  },
  'accepts invalid signals': {
    store: (correct) => ({
      get: (key, options) => (options?.signal instanceof AbortSignal ? correct.get(key, options) : correct.get(key))
    })
  },
  'drops the cause of a failure': {
    store: (correct) => ({
      get: async (key, options) => {
        try {
          return await correct.get(key, options)
        } catch (error) {
          if ((error as RecordError).code === 'STORE_IO') throw new RecordError('STORE_IO', (error as Error).message)
          throw error
        }
      }
    })
  },
  'returns undefined when the storage fails': {
    store: (correct) => ({
      get: async (key, options) => {
        try {
          return await correct.get(key, options)
        } catch (error) {
          if ((error as RecordError).code === 'STORE_IO') return undefined
          throw error
        }
      }
    })
  },
  'has written when a write fails': backend((mapBackend) => {
    mapBackend.write = (changes) => {
      const failure = mapBackend.failures.write
      mapBackend.failures.write = undefined
      const written = MapBackend.prototype.write.call(mapBackend, changes)
      mapBackend.failures.write = failure
      if (failure === undefined) return written
      written.catch(() => {})
      return Promise.reject(new RecordError('STORE_IO', failure.message, { cause: failure }))
    }
  }),
  'returns undefined for a damaged entry': {
    store: (correct) => ({
      get: async (key, options) => {
        try {
          return await correct.get(key, options)
        } catch (error) {
          if ((error as RecordError).code === 'STORE_CORRUPT') return undefined
          throw error
        }
      }
    })
  },
  'does not overwrite a damaged entry': {
    store: (correct) => ({
      put: async (record, options) => {
        if (isRecord(record) && record.key.length > 0 && record.key.length <= 1024 && options?.signal === undefined) {
          await correct.get(record.key).catch((error: RecordError) => {
            if (error.code === 'STORE_CORRUPT') throw error
          })
        }
        return correct.put(record, options)
      }
    })
  },
  'changes the time of a record': changing((record) =>
    typeof record.timeReceived === 'bigint' && record.timeReceived > 0n && record.timeReceived < 2n ** 63n
      ? { ...record, timeReceived: record.timeReceived + 1n }
      : record
  ),
  'validates values': {
    store: (correct) => ({
      put: async (record, options) =>
        isRecord(record) && new TextDecoder().decode(record.value).startsWith('bad')
          ? { status: 'stale' }
          : correct.put(record, options)
    })
  },
  'refuses a put while another one runs': {
    store: (correct) => {
      const running = new Set<string>()
      return {
        put: async (record, options) => {
          if (!isRecord(record)) return correct.put(record, options)
          const id = mapKey(record.key)
          if (running.has(id)) return { status: 'stale' }
          running.add(id)
          try {
            return await correct.put(record, options)
          } finally {
            running.delete(id)
          }
        }
      }
    }
  },
  'accepts an empty key': {
    store: (correct) => ({
      put: async (record, options) =>
        isRecord(record) && record.key.length === 0 ? { status: 'stored' } : correct.put(record, options)
    })
  },
  'overwrites what other processes wrote': backend((mapBackend) => {
    const { write } = MapBackend.prototype
    mapBackend.write = (changes) =>
      write.call(
        mapBackend,
        changes.map(({ key, next }) => ({ key, next, previous: entryOf(mapBackend.data.get(mapKey(key))) }))
      )
  }),
  'does not share its writes with other processes': backend((mapBackend) => {
    const data = new Map(mapBackend.data)
    Object.defineProperty(mapBackend, 'data', { value: data })
  }),
  'contains one record too many': bounded(({ maxRecords, ...others }) => ({
    ...others,
    maxRecords: maxRecords === undefined ? undefined : maxRecords + 1
  })),
  'does not limit bytes': bounded(({ maxBytes: _, ...others }) => others),
  'does not limit the number of marks': bounded(({ maxMarks: _, ...others }) => others),
  'does not limit the records of a group': bounded(({ maxRecordsPerGroup: _, ...others }) => others),
  'does not limit the records of an author': bounded(({ maxRecordsPerAuthor: _, ...others }) => others),
  'does not limit the records of a namespace': bounded(({ maxRecordsPerNamespace: _, ...others }) => others),
  'keeps records of any age': bounded(({ maxAge: _, ...others }) => others),
  'does not ask for distances': bounded(({ distance: _, ...others }) => others),
  'refuses what does not fit': {
    store: (correct, { setting: { maxRecords = Number.POSITIVE_INFINITY } }) => ({
      put: async (record, options) =>
        isRecord(record) && (await correct.stats().catch(() => ({ entries: 0 }))).entries >= maxRecords
          ? (await correct.has(record.key))
            ? correct.put(record, options)
            : { status: 'quota' }
          : correct.put(record, options)
    })
  },
  'counts records towards their senders only': {
    store: (correct) => ({
      put: (record, options) =>
        correct.put(record, options === undefined ? undefined : { ...options, group: undefined })
    })
  },
  'counts records towards their first senders only': accounted(
    (accounts) => accounts,
    ({ previous, next }) => ({
      ...next,
      recordShare: previous.record === undefined ? next.recordShare : previous.recordShare
    })
  ),
  'counts refreshed records as new': {
    store: (correct) => ({
      put: async (record, options) => {
        const result = await correct.put(record, options)
        if (result.status !== 'refreshed' || (await correct.publication(record.key)) !== undefined) return result
        const current = await correct.get(record.key)
        if (current === undefined) return result
        await correct.delete(record.key)
        await correct.put(current, options)
        return result
      }
    })
  },
  'removes the newest record of a group first': accounted((accounts) => ({
    oldest: (kind, group, limit) =>
      kind === 'marks'
        ? accounts.oldest(kind, group, limit)
        : accounts.oldest(kind, group, Number.POSITIVE_INFINITY).reverse().slice(0, limit)
  })),
  'knows only the oldest record of a group': accounted((accounts) => ({
    oldest: (kind, group) => accounts.oldest(kind, group, 1)
  })),
  'removes the newest mark first': accounted((accounts) => ({
    oldest: (kind, group, limit) =>
      kind === 'records'
        ? accounts.oldest(kind, group, limit)
        : accounts.oldest(kind, group, Number.POSITIVE_INFINITY).reverse().slice(0, limit)
  })),
  'removes records of the smallest group first': accounted((accounts) => ({
    largestGroups: (measure, limit) =>
      measure === 'records'
        ? accounts.largestGroups(measure, Number.POSITIVE_INFINITY).reverse().slice(0, limit)
        : accounts.largestGroups(measure, limit)
  })),
  'removes records of the group with the most records when bytes are short': accounted((accounts) => ({
    largestGroups: (measure, limit) => accounts.largestGroups(measure === 'bytes' ? 'records' : measure, limit),
    sizes: (names) => accounts.sizes(names).map((size) => ({ ...size, bytes: size.records }))
  })),
  'removes marks of the smallest group first': accounted((accounts) => ({
    largestGroups: (measure, limit) =>
      measure === 'marks'
        ? accounts.largestGroups(measure, Number.POSITIVE_INFINITY).reverse().slice(0, limit)
        : accounts.largestGroups(measure, limit)
  })),
  'counts everything towards one group': accounted(
    (accounts) => accounts,
    ({ next }) => ({
      ...next,
      recordShare: next.recordShare && { ...next.recordShare, group: new Uint8Array(0) },
      markShare: next.markShare && { ...next.markShare, group: new Uint8Array(0) }
    })
  ),
  'counts one record too few': accounted((accounts) => ({
    totals: () => ({ ...accounts.totals(), records: Math.max(0, accounts.totals().records - 1) })
  })),
  'forgets its accounts when it is reopened': {
    backend: (data) => new AccountedBackend(data, new Map())
  },
  'lets published records use everything': accounted((accounts) => ({
    totals: () => ({ ...accounts.totals(), publishedRecords: 0, publishedBytes: 0 })
  })),
  'removes published records': accounted(
    (accounts) => accounts,
    ({ next }) => next,
    { protectsPublished: false }
  ),
  'leaves the mark of every record that it removes': {
    store: (correct, { backend: { data } }) => ({
      put: async (record, options) => {
        const before = new Map(data)
        const result = await correct.put(record, options)
        for (const [id, { key, record: removed }] of before) {
          const entry = data.get(id)
          if (removed === undefined || entry?.record !== undefined || entry?.mark !== undefined) continue
          data.set(id, { ...entry, key, mark: markFor(removed, options === undefined ? 0n : removed.timeReceived) })
        }
        return result
      }
    })
  },
  'leaves no mark of a record that it removes': {
    store: (correct, { backend: { data } }) => ({
      put: async (record, options) => {
        const before = new Map(data)
        const result = await correct.put(record, options)
        for (const [id, { record: kept }] of before) {
          const entry = data.get(id)
          if (kept !== undefined && entry !== undefined && entry.record === undefined) data.set(id, withoutMark(entry))
        }
        return result
      }
    })
  },
  'leaves a mark for as long as the removed record was valid': {
    store: (correct, { backend: { data }, setting }) => ({
      put: async (record, options) => {
        const before = new Map(data)
        const result = await correct.put(record, options)
        for (const [id, { record: removed }] of before) {
          const entry = data.get(id)
          if (removed?.expires === undefined || entry?.mark === undefined || entry.record !== undefined) continue
          data.set(id, { ...entry, mark: markFor(removed, setting.clock()) })
        }
        return result
      }
    })
  },
  'lets large groups add as many keys as they want': {
    store: (correct, { setting, backend: mapBackend }) => ({
      put: async (record, options) => {
        const result = await correct.put(record, options)
        if (result.status !== 'quota' || !isRecord(record) || record.sender === undefined) return result
        if (mapBackend.data.size >= (setting.maxRecords ?? 0)) return result
        const { sender: _, ...anonymous } = record
        return correct.put(anonymous, options)
      }
    })
  },
  'compares puts by their value': {
    store: (correct) => ({
      put: async (record, options) => {
        const stored =
          isRecord(record) && record.key.length > 0 && record.key.length <= 1024 && options?.signal === undefined
            ? await correct.get(record.key).catch(() => undefined)
            : undefined
        return stored !== undefined && record.value instanceof Uint8Array && equalBytes(stored.value, record.value)
          ? { status: 'refreshed', previous: stored }
          : correct.put(record, options)
      }
    })
  },
  'replaces the stored value by a variant of equal rank': {
    store: (correct, { backend: { data } }) => ({
      put: async (record, options) => {
        const copy = isRecord(record) ? structuredClone(record) : record
        const result = await correct.put(record, options)
        const entry = result.status === 'refreshed' ? data.get(mapKey(copy.key)) : undefined
        if (entry?.record !== undefined) overwrite(data, { ...entry.record, value: copy.value }, entry)
        return result
      }
    })
  },
  'never completes a stored value': {
    store: (correct) => ({
      put: (record, options) => correct.put(record, options && { ...options, completes: undefined })
    })
  },
  'ignores the condition of a put': {
    store: (correct) => ({
      put: (record, options) => correct.put(record, options && { ...options, ifRank: undefined })
    })
  },
  'ignores the condition null of a put': {
    store: (correct) => ({
      put: (record, options) =>
        options?.ifRank === null ? correct.put(record, { ...options, ifRank: undefined }) : correct.put(record, options)
    })
  },
  'compares the order of a condition only': {
    store: (correct) => ({
      put: async (record, options) => {
        const { ifRank } = options ?? {}
        if (!(ifRank instanceof Uint8Array) || !isRecord(record)) return correct.put(record, options)
        const stored = await correct.get(record.key)
        const order = (rank: Uint8Array | undefined): string | undefined => rank?.subarray(0, -32).join()
        return order(stored?.rank) === order(ifRank)
          ? correct.put(record, { ...options, ifRank: stored?.rank })
          : correct.put(record, options)
      }
    })
  },
  'counts an expired record for a condition': {
    store: (correct, { backend: { data }, setting }) => ({
      put: async (record, options) => {
        const stored = isRecord(record) ? data.get(mapKey(record.key))?.record : undefined
        if (options?.ifRank === null && stored !== undefined && isExpired(stored, setting.clock()))
          return { status: 'conflict' }
        return correct.put(record, options)
      }
    })
  },
  'stores a record under the condition of a rank when there is none': {
    store: (correct) => ({
      put: async (record, options) => {
        const result = await correct.put(record, options)
        return result.status === 'conflict' && result.previous === undefined
          ? correct.put(record, { ...options, ifRank: undefined })
          : result
      }
    })
  },
  'tests the condition before the same record': {
    store: (correct) => ({
      put: async (record, options) => {
        const result = await correct.put(record, options)
        const { ifRank } = options ?? {}
        const met =
          ifRank instanceof Uint8Array && result.previous !== undefined && equalBytes(ifRank, result.previous.rank)
        return result.status === 'refreshed' && ifRank !== undefined && !met
          ? { ...result, status: 'conflict' }
          : result
      }
    })
  },
  'tests the condition after the mark': {
    store: (correct) => ({
      put: async (record, options) => {
        const mark = options?.ifRank !== undefined && isRecord(record) ? await correct.mark(record.key) : undefined
        return mark !== undefined && compareBytes(record.rank, mark.rank) < 0
          ? { status: 'stale', mark }
          : correct.put(record, options)
      }
    })
  },
  'tests the condition after the rank': {
    store: (correct) => ({
      put: async (record, options) => {
        const result = await correct.put(record, options)
        return result.status === 'conflict' &&
          result.previous !== undefined &&
          compareBytes(record.rank, result.previous.rank) < 0
          ? { ...result, status: 'stale' }
          : result
      }
    })
  },
  'tests a condition and puts in two steps': {
    store: (correct) => ({
      put: async (record, options) => {
        const { ifRank } = options ?? {}
        if (!(ifRank instanceof Uint8Array) || ifRank.length < 32) return correct.put(record, options)
        const copy = structuredClone(record)
        const stored = await correct.get(record.key)
        if (stored !== undefined && !equalBytes(stored.rank, record.rank) && !equalBytes(stored.rank, ifRank))
          return { status: 'conflict', previous: stored }
        return correct.put(copy, stored === undefined ? options : { ...options, ifRank: undefined })
      }
    })
  },
  'writes the publication of a conflict': {
    store: (correct) => ({
      put: async (record, options) => {
        const result = await correct.put(record, options)
        if (result.status === 'conflict' && options?.publication !== undefined)
          await correct.touch(record.key, { publication: options.publication })
        return result
      }
    })
  },
  'writes the publication of a stale put': {
    store: (correct) => ({
      put: async (record, options) => {
        const result = await correct.put(record, options)
        if (result.status === 'stale' && options?.publication !== undefined)
          await correct.touch(record.key, { publication: options.publication })
        return result
      }
    })
  },
  'drops a publication when its record is replaced': {
    store: (correct) => ({
      put: async (record, options) => {
        const result = await correct.put(record, options)
        if (result.status === 'stored' && result.previous !== undefined && options?.publication === undefined)
          await correct.touch(record.key, { publication: null })
        return result
      }
    })
  },
  'sweeps a lapsed record although its key is published': {
    store: (correct, { backend: { data }, setting }) => ({
      sweep: async (options) => {
        options?.signal?.throwIfAborted()
        for (const [name, entry] of data) {
          const { record, publication } = entry
          if (record !== undefined && publication !== undefined && isExpired(record, setting.clock()))
            data.set(name, { ...entry, record: undefined, mark: markFor(record, setting.clock()) })
        }
        return correct.sweep(options)
      }
    })
  },
  'drops the options of a publication': writing((next) =>
    next.publication === undefined ? next : { ...next, publication: { ...next.publication, options: undefined } }
  ),
  'lists publications in insertion order': {
    store: (correct, { backend: { data } }) => ({
      publications: async function* (query, options) {
        if (query !== undefined || options !== undefined) yield* correct.publications(query, options)
        else
          for (const { publication } of data.values()) if (publication !== undefined) yield structuredClone(publication)
      }
    })
  },
  'does not list publications': backend((mapBackend) => {
    mapBackend.scan = (kind, range) =>
      kind === 'publications' ? [] : MapBackend.prototype.scan.call(mapBackend, kind, range)
  }),
  'does not list publications that a touch adds': {
    store: (correct) => {
      const touched = new Set<string>()
      return {
        touch: async (key, options) => {
          const before = await correct.publication(key).catch(() => undefined)
          const result = await correct.touch(key, options)
          if (before === undefined && result) touched.add(mapKey(key))
          return result
        },
        publications: async function* (query, options) {
          for await (const each of correct.publications(query, options)) if (!touched.has(mapKey(each.key))) yield each
        }
      }
    }
  },
  'does not count publications': backend((mapBackend) => {
    mapBackend.stats = () => ({ ...MapBackend.prototype.stats.call(mapBackend), publications: 0 })
  }),
  'leaves the publication when it deletes': writing((next, previous) =>
    previous.record !== undefined && next.record === undefined ? { ...next, publication: previous.publication } : next
  ),
  'deletes no publication without a record': {
    store: (correct) => ({
      delete: async (key, options) => ((await correct.get(key)) === undefined ? false : correct.delete(key, options))
    })
  },
  'creates an entry by a touch': {
    store: (correct) => ({
      touch: async (key, options) => {
        const result = await correct.touch(key, options)
        if (result || !options?.publication || options.ifRank instanceof Uint8Array) return result
        const rank = (await correct.mark(key))?.rank ?? new Uint8Array(32)
        await correct.put(
          { key, value: new Uint8Array(0), rank, timeReceived: 0n },
          { publication: options.publication }
        )
        return true
      }
    })
  },
  'brings an expired record back by a touch': {
    store: (correct, { backend: { data } }) => ({
      touch: async (key, options) => {
        const result = await correct.touch(key, options)
        const record = data.get(mapKey(key))?.record
        if (result || record === undefined || options.ifRank !== undefined || options.expires === undefined)
          return result
        overwrite(data, { ...record, expires: options.expires }, data.get(mapKey(key)))
        return true
      }
    })
  },
  'forgets the publication of a touch': {
    store: (correct) => ({ touch: (key, options) => correct.touch(key, { ...options, publication: undefined }) })
  },
  'drops the publication when it touches times': {
    store: (correct) => ({
      touch: (key, options) =>
        correct.touch(key, options.publication === undefined ? { ...options, publication: null } : options)
    })
  },
  'keeps the later expiry of a touch': {
    store: (correct) => ({
      touch: async (key, options) => {
        const stored = await correct.get(key).catch(() => undefined)
        const earlier =
          typeof options.expires === 'bigint' && stored?.expires !== undefined && options.expires < stored.expires
        return correct.touch(key, earlier ? { ...options, expires: undefined } : options)
      }
    })
  },
  'ignores the condition of a touch': {
    store: (correct) => ({ touch: (key, options) => correct.touch(key, { ...options, ifRank: undefined }) })
  },
  'touches in two steps': {
    store: (correct) => ({
      touch: async (key, options) => {
        const stored = await correct.get(key)
        if (stored === undefined || options.ifRank !== undefined) return correct.touch(key, options)
        const { timeReceived = stored.timeReceived, expires = stored.expires, publication } = options
        await correct.delete(key)
        await correct.put({ ...stored, timeReceived, expires }, { publication })
        return true
      }
    })
  },
  'indexes the expiry of a put only': {
    store: (correct, { backend: mapBackend }) => {
      const { expired } = MapBackend.prototype
      const put = new Map<string, bigint>()
      mapBackend.expired = (now, limit) =>
        expired
          .call(mapBackend, now, 1_000_000)
          .filter((key) => (put.get(mapKey(key)) ?? 0n) < now)
          .slice(0, limit)
      return {
        touch: async (key, options) => {
          const stored = await correct.get(key).catch(() => undefined)
          if (stored?.expires !== undefined && typeof options.expires === 'bigint' && options.expires > stored.expires)
            put.set(mapKey(key), 2n ** 64n)
          return correct.touch(key, options)
        }
      }
    }
  },
  'reports a lost reply as an unchanged store': backend((mapBackend) => {
    mapBackend.write = async (changes) => {
      try {
        return await MapBackend.prototype.write.call(mapBackend, changes)
      } catch (error) {
        throw new RecordError('STORE_IO', (error as Error).message, { cause: error })
      }
    }
  }),
  'returns one page of an iteration': backend((mapBackend) => {
    mapBackend.scan = (kind, range) => [...MapBackend.prototype.scan.call(mapBackend, kind, range)].slice(0, 10_000)
  }),
  'reads 1,000 keys at most': backend((mapBackend) => {
    mapBackend.read = async (keys) => {
      const entries = await MapBackend.prototype.read.call(mapBackend, keys.slice(0, 1000))
      return [...entries, ...keys.slice(1000).map(() => ({}))]
    }
  }),
  'folds the case of keys': rekeying((key) => key.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte))),
  'ignores conditions and publications in a batch': {
    store: (correct) => ({
      batch: async (operations, options) =>
        correct.batch(
          Array.isArray(operations)
            ? operations.map((operation: StoreOperation) =>
                operation?.type === 'put' && isRecord(operation.record) && operation.publication === undefined
                  ? { type: 'put', record: operation.record }
                  : operation
              )
            : operations,
          options
        )
    })
  },
  'does not check publications': {
    store: (correct) => ({
      touch: async (key, options) => {
        if (typeof options.publication === 'number') return false
        return correct.touch(key, options)
      }
    })
  },
  'does not report changes of a batch': {
    store: (correct) => ({
      changes: async function* (options) {
        for await (const key of correct.changes(options))
          if (!new TextDecoder().decode(key).startsWith('/batch')) yield key
      }
    })
  },
  'never ends changes': {
    store: (correct) => ({
      changes: (options) => {
        const changes = correct.changes(options)
        return {
          next: () => changes.next().catch(() => new Promise(() => {})),
          [Symbol.asyncIterator]() {
            return this
          }
        } as ReturnType<RecordStore['changes']>
      }
    })
  },
  'does not end changes when it is closed': {
    store: (correct) => ({
      changes: (options) => {
        const changes = correct.changes(options)
        return {
          next: async () => {
            const step = await changes.next()
            return step.done === true ? new Promise(() => {}) : step
          },
          [Symbol.asyncIterator]() {
            return this
          }
        } as ReturnType<RecordStore['changes']>
      }
    })
  },
  'gives a lease to everyone': {
    store: (correct) => ({
      lease: async (name, milliseconds, options) => {
        await correct.stats(options)
        return { name, renew: async () => true, release: async () => {}, milliseconds }
      }
    })
  },
  'keeps leases in each process': backend((mapBackend) => {
    Object.defineProperty(mapBackend, 'lease', { value: undefined })
  }),
  'reports changes of its own process only': backend((mapBackend) => {
    Object.defineProperty(mapBackend, 'changes', { value: undefined })
  })
}
