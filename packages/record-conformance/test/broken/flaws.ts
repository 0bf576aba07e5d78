import type { RecordStore, StoredRecord, StoreEntry, StoreOperation } from '@recordkit/record-store'
import { compareBytes, equalBytes, RecordError } from '@recordkit/record-types'
import { higherMark, isExpired, markLifetime, markFor } from '@recordkit/record-store'
import { mapKey } from '@recordkit/record-types/internal'
import type { Flaw } from './break-store.ts'
import { absent, MapBackend } from '../map-backend.ts'

/** A store that changes every record on its way in. */
function changing(change: (record: StoredRecord) => StoredRecord): Flaw {
  return {
    store: (sound) => ({
      put: async (record, options) => sound.put(isRecord(record) ? change(record) : record, options),
      batch: async (operations, options) =>
        sound.batch(
          Array.isArray(operations)
            ? operations.map((operation: StoreOperation) =>
                operation?.type === 'put' && isRecord(operation.record)
                  ? { type: 'put', record: change(operation.record) }
                  : operation
              )
            : operations,
          options
        )
    })
  }
}

/** A store that changes every key on its way in. */
function rekeying(change: (key: Uint8Array) => Uint8Array): Flaw {
  const changed = (key: Uint8Array): Uint8Array => (key instanceof Uint8Array && key.length <= 1024 ? change(key) : key)
  return {
    store: (sound) => ({
      get: (key, options) => sound.get(changed(key), options),
      has: (key, options) => sound.has(changed(key), options),
      getMany: (keys, options) => sound.getMany(Array.isArray(keys) ? keys.map(changed) : keys, options),
      delete: (key, options) => sound.delete(changed(key), options),
      put: (record, options) => sound.put(isRecord(record) ? { ...record, key: changed(record.key) } : record, options)
    })
  }
}

function isRecord(record: unknown): record is StoredRecord {
  return typeof record === 'object' && record !== null && (record as StoredRecord).key instanceof Uint8Array
}

function backend(replace: (made: MapBackend) => void): Flaw {
  return {
    backend: (kept, maxMarks) => {
      const made = new MapBackend(kept, maxMarks)
      replace(made)
      return made
    }
  }
}

/** Rewrites what is written: the record and mark that a key is to hold. */
function writing(change: (next: StoreEntry, previous: StoreEntry, key: Uint8Array) => StoreEntry): Flaw {
  return backend((made) => {
    const { write } = MapBackend.prototype
    made.write = (changes) =>
      write.call(
        made,
        changes.map(({ key, previous, next }) => ({ key, previous, next: change(next, previous, key) }))
      )
  })
}

function withoutMark(entry: StoreEntry): StoreEntry {
  const { mark: _, ...rest } = entry
  return rest
}

/** Every way of being wrong that the kit is known to find, by what is wrong. */
export const flaws: Readonly<Record<string, Flaw>> = {
  'keeps the bytes of its caller': {
    store: (sound) => ({
      put: async (record, options) => {
        await Promise.resolve()
        return sound.put(record, options)
      }
    })
  },
  'copies the operations of a batch too late': {
    store: (sound) => ({
      batch: async (operations, options) => {
        await Promise.resolve()
        return sound.batch(operations, options)
      }
    })
  },
  'hands out its own bytes': {
    store: (sound) => {
      const cache = new Map<string, StoredRecord>()
      return {
        get: async (key, options) => {
          const found = await sound.get(key, options)
          const known = cache.get(mapKey(key))
          if (found !== undefined && known?.value.length === found.value.length) return known
          if (found !== undefined) cache.set(mapKey(key), found)
          return found
        }
      }
    }
  },
  'drops the digest': changing((record) => {
    const { digest: _, ...rest } = record
    return rest
  }),
  'writes down what was not said': changing((record) => ({ ...record, author: record.author ?? Uint8Array.of(0) })),
  'takes an empty value for none': {
    store: (sound) => ({
      put: async (record, options) => (record?.value?.length === 0 ? { status: 'stale' } : sound.put(record, options))
    })
  },
  'keeps times as signed numbers': changing((record) =>
    typeof record.expires === 'bigint' && record.expires > 2n ** 63n
      ? { ...record, expires: BigInt.asIntN(63, record.expires) & 0xffffn }
      : record
  ),
  'stores the buffer under a view': changing((record) =>
    record.value instanceof Uint8Array
      ? { ...record, value: new Uint8Array(record.value.buffer).slice(0, 65_536) }
      : record
  ),
  'takes keys for UTF-8': rekeying((key) => new TextEncoder().encode(new TextDecoder().decode(key)).slice(0, 1024)),
  'normalizes keys': rekeying((key) => {
    const text = new TextDecoder().decode(key)
    const normal = new TextEncoder().encode(text.normalize('NFC'))
    return equalBytes(new TextEncoder().encode(text), key) ? normal : key
  }),
  'ends keys at a zero byte': rekeying((key) => {
    const end = key.indexOf(0, 1)
    return end < 0 ? key : key.slice(0, end)
  }),
  'throws for what is missing': {
    store: (sound) => ({
      get: async (key, options) => {
        const found = await sound.get(key, options)
        if (found === undefined) throw new RecordError('STORE_IO', 'not found')
        return found
      }
    })
  },
  'answers null for what is missing': {
    store: (sound) => ({
      get: async (key, options) => (await sound.get(key, options)) ?? (null as unknown as undefined)
    })
  },
  'answers each of many keys once': {
    store: (sound) => ({
      getMany: async (keys, options) => {
        const found = await sound.getMany(keys, options)
        return found.filter((record) => record !== undefined)
      }
    })
  },
  'acknowledges what it has not written': {
    store: (sound) => {
      let pending: StoredRecord | undefined
      const flush = async (): Promise<void> => {
        const record = pending
        pending = undefined
        if (record !== undefined) await sound.put(record)
      }
      return {
        put: async (record, options) => {
          await flush()
          const held = isRecord(record) && record.key.length === 4 ? await sound.get(record.key) : undefined
          if (held === undefined || options !== undefined) return sound.put(record, options)
          pending = structuredClone(record)
          return { status: 'stored', previous: held }
        },
        get: async (key, options) => {
          const found = await sound.get(key, options)
          await flush()
          return found
        }
      }
    }
  },
  'declares what it is not': { store: (sound) => ({ capabilities: { ...sound.capabilities, durable: true } }) },
  'counts no keys': backend((made) => {
    made.stats = () => {
      const stats = MapBackend.prototype.stats.call(made)
      return { ...stats, bytes: Math.floor(stats.bytes / 2) }
    }
  }),
  'counts each put': {
    store: (sound) => {
      let entries = 0
      return {
        put: async (record, options) => {
          const result = await sound.put(record, options)
          if (result.status === 'stored' && result.previous === undefined) entries++
          return result
        },
        stats: async (options) => ({ ...(await sound.stats(options)), entries })
      }
    }
  },
  'forgets what it replaced': {
    store: (sound) => ({
      put: async (record, options) => {
        const { previous: _, ...result } = await sound.put(record, options)
        return result
      }
    })
  },
  'forgets conflicts': {
    store: (sound) => ({
      put: async (record, options) => {
        const { conflict: _, ...result } = await sound.put(record, options)
        return result
      }
    })
  },
  'lets the last put win': {
    store: (sound, { backend: { kept } }) => ({
      put: async (record, options) => {
        const result = await sound.put(record, options)
        if (result.status !== 'stale') return result
        kept.set(mapKey(record.key), {
          ...kept.get(mapKey(record.key)),
          record: { ...record, value: record.value.slice() }
        })
        return { ...result, status: 'stored' }
      }
    })
  },
  'lets the last put win at equal rank': {
    store: (sound, { backend: { kept } }) => ({
      put: async (record, options) => {
        const result = await sound.put(record, options)
        if (result.status !== 'stale' || result.conflict === undefined) return result
        kept.set(mapKey(record.key), { record })
        return { ...result, status: 'stored' }
      }
    })
  },
  'compares ranks by their length': changing((record) =>
    record.rank instanceof Uint8Array && record.rank.length < 64
      ? { ...record, rank: Uint8Array.of(record.rank.length, ...record.rank) }
      : record
  ),
  'refreshes nothing': {
    store: (sound) => ({
      put: async (record, options) => {
        const held =
          isRecord(record) && record.key.length <= 1024 && record.key.length > 0
            ? await sound.get(record.key)
            : undefined
        return held !== undefined && record.value instanceof Uint8Array && equalBytes(held.value, record.value)
          ? { status: 'refreshed', previous: held }
          : sound.put(record, options)
      }
    })
  },
  'lets a copy make a local record foreign': {
    store: (sound, { backend: { kept } }) => ({
      put: async (record, options) => {
        const result = await sound.put(record, options)
        const entry = result.status === 'refreshed' ? kept.get(mapKey(record.key)) : undefined
        if (entry?.record !== undefined)
          kept.set(mapKey(record.key), { ...entry, record: { ...entry.record, local: false } })
        return result
      }
    })
  },
  'decides outside its lock': {
    store: (sound, { backend: { kept } }) => ({
      put: async (record, options) => {
        if (!isRecord(record) || record.key.length === 0 || record.key.length > 1024) return sound.put(record, options)
        const held = await sound.get(record.key)
        const result = await sound.put(record, options)
        const copy = kept.get(mapKey(record.key))?.record
        if (held !== undefined || result.status !== 'stale' || copy === undefined) return result
        kept.set(mapKey(record.key), { record: { ...copy, rank: record.rank, value: record.value } })
        return { status: 'stored' }
      }
    })
  },
  'deletes whatever the condition': { store: (sound) => ({ delete: (key) => sound.delete(key) }) },
  'says of every delete that it was one': {
    store: (sound) => ({
      delete: async (key, options) => {
        await sound.delete(key, options)
        return true
      }
    })
  },
  'compares before it deletes, and not while': {
    store: (sound) => ({
      delete: async (key, options) => {
        if (options?.ifValue === undefined || !(options.ifValue instanceof Uint8Array))
          return sound.delete(key, options)
        const held = await sound.get(key)
        if (held === undefined || !equalBytes(held.value, options.ifValue)) return false
        await Promise.resolve()
        for (let turn = 0; turn < 50; turn++) await Promise.resolve()
        return sound.delete(key)
      }
    })
  },
  'applies a batch one by one': {
    store: (sound) => ({
      batch: async (operations, options) => {
        options?.signal?.throwIfAborted()
        if (!Array.isArray(operations)) return sound.batch(operations)
        const copies = structuredClone(operations) as StoreOperation[]
        const results = []
        for (const operation of copies) results.push(...(await sound.batch([operation])))
        return results
      }
    })
  },
  'writes a batch key by key': backend((made) => {
    made.write = async (changes) => {
      for (const change of changes) {
        await MapBackend.prototype.write.call(made, [change])
        for (let turn = 0; turn < 10; turn++) await Promise.resolve()
      }
      return true
    }
  }),
  'applies a batch backwards': {
    store: (sound) => ({
      batch: async (operations, options) =>
        Array.isArray(operations)
          ? (await sound.batch([...operations].reverse(), options)).reverse()
          : sound.batch(operations, options)
    })
  },
  'fails a batch with a stale put': {
    store: (sound) => ({
      batch: async (operations, options) => {
        const results = await sound.batch(operations, options)
        if (results.some((result) => 'status' in result && result.status === 'stale')) {
          throw new RecordError('STALE', 'a put of the batch was stale')
        }
        return results
      }
    })
  },
  'takes no large and no empty batch': {
    store: (sound) => ({
      batch: async (operations, options) => {
        if (Array.isArray(operations) && (operations.length === 0 || operations.length > 500)) {
          throw new RecordError('INVALID_ARGUMENT', 'a batch has 1 to 500 operations')
        }
        return sound.batch(operations, options)
      }
    })
  },
  'locks the keys of a batch one after another': {
    store: (sound) => {
      const held = new Map<string, Promise<void>>()
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
          const run = sound.batch.bind(sound, keys.size === 4 ? copies : operations, options)
          if (keys.size !== 4) return run()
          let release = (): void => {}
          const released = new Promise<void>((resolve) => {
            release = resolve
          })
          for (const key of keys) {
            while (held.has(key)) await held.get(key)
            held.set(key, released)
            await Promise.resolve()
          }
          const results = await run()
          for (const key of keys) held.delete(key)
          release()
          return results
        }
      }
    }
  },
  'leaves no marks': writing((next) => withoutMark(next)),
  'leaves no digest in a mark': writing((next) =>
    next.mark === undefined
      ? next
      : { ...next, mark: { key: next.mark.key, rank: next.mark.rank, until: next.mark.until } }
  ),
  'keeps marks for a day': writing((next) =>
    next.mark === undefined
      ? next
      : { ...next, mark: { ...next.mark, until: next.mark.until - markLifetime + 86_400_000_000_000n } }
  ),
  'keeps every mark for 30 days': {
    backend: (kept, maxMarks) => new MapBackend(kept, maxMarks),
    store: (sound, { setting, backend: made }) => {
      const write = made.write.bind(made)
      made.write = (changes) =>
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
  'forgets a mark that stands beside a record': writing((next) =>
    next.record === undefined ? next : withoutMark(next)
  ),
  'keeps the first mark': writing((next, previous) =>
    next.mark !== undefined && previous.mark !== undefined
      ? { ...next, mark: { ...previous.mark, until: next.mark.until } }
      : next
  ),
  'keeps the lowest mark ever': {
    store: (sound, { backend: made }) => {
      const lowest = new Map<string, Uint8Array>()
      const write = made.write.bind(made)
      made.write = (changes) =>
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
  'refuses what stands at its mark': {
    store: (sound) => ({
      put: async (record, options) => {
        const mark =
          isRecord(record) && record.key.length > 0 && record.key.length <= 1024 && options?.signal === undefined
            ? await sound.mark(record.key).catch(() => undefined)
            : undefined
        if (mark !== undefined && record.rank instanceof Uint8Array && equalBytes(mark.rank, record.rank))
          return { status: 'stale', mark }
        return sound.put(record, options)
      }
    })
  },
  'never forgets a mark': {
    store: (sound, { backend: { kept } }) => ({
      put: async (record, options) => {
        const mark = isRecord(record) ? kept.get(mapKey(record.key))?.mark : undefined
        if (mark !== undefined && compareBytes(record.rank, mark.rank) < 0) return { status: 'stale', mark }
        return sound.put(record, options)
      }
    })
  },
  'lists marks past their time, and does not sweep them': {
    store: (sound, { backend: { kept } }) => ({
      marks: async function* (query, options) {
        for await (const mark of sound.marks(query, options)) yield mark
        const now = [...kept.values()].flatMap(({ mark }) => (mark === undefined ? [] : [mark]))
        if (query === undefined && now.length > 1) yield* now
      }
    })
  },
  'lists marks as they come': {
    store: (sound) => ({
      marks: (query, options) =>
        query === null || typeof query !== 'object'
          ? sound.marks(query, options)
          : sound.marks({ ...query, reverse: false }, options)
    })
  },
  'returns a record until it is swept': {
    store: (sound, { backend: { kept } }) => ({
      get: async (key, options) => (await sound.get(key, options)) ?? kept.get(mapKey(key))?.record
    })
  },
  'iterates over expired records, too': {
    store: (sound, { backend: { kept }, setting }) => ({
      iterate: async function* (query, options) {
        yield* sound.iterate(query, options)
        if (query !== undefined) return
        for (const { record } of kept.values())
          if (record !== undefined && isExpired(record, setting.clock())) yield record
      }
    })
  },
  'ends a record an instant early': changing((record) =>
    typeof record.expires === 'bigint' && record.expires > 0n && record.expires < 2n ** 64n
      ? { ...record, expires: record.expires - 1n }
      : record
  ),
  'lets records expire that have no expiry': changing((record) =>
    record.expires === undefined && typeof record.timeReceived === 'bigint' && record.timeReceived < 2n ** 63n
      ? { ...record, expires: record.timeReceived + 10n ** 15n }
      : record
  ),
  'does not sweep': { store: () => ({ sweep: async () => 0 }) },
  'sweeps ten at the most': {
    store: (sound) => ({
      sweep: async (options) =>
        options?.limit === undefined ? sound.sweep({ ...options, limit: 10 }) : sound.sweep(options)
    })
  },
  'sweeps without a limit': {
    store: (sound) => ({
      sweep: async (options) => {
        if (options?.limit !== undefined && !(options.limit >= 0)) return sound.sweep(options)
        return sound.sweep(options?.signal === undefined ? {} : { signal: options.signal })
      }
    })
  },
  'sweeps the latest first': backend((made) => {
    made.expired = (now, limit) => MapBackend.prototype.expired.call(made, now, 100_000).reverse().slice(0, limit)
  }),
  'goes by the first expiry of a record': {
    store: (sound, { backend: made, setting }) => {
      const first = new Map<string, bigint>()
      return {
        put: async (record, options) => {
          const result = await sound.put(record, options)
          const id = mapKey(record.key)
          if (result.status === 'stored' && result.previous === undefined && record.expires !== undefined)
            first.set(id, record.expires)
          return result
        },
        sweep: async (options) => {
          let swept = 0
          for (const [id, expires] of first) {
            const entry = made.kept.get(id)
            if (expires >= setting.clock() || entry?.record === undefined || swept >= (options?.limit ?? Infinity))
              continue
            if (!isExpired(entry.record, setting.clock())) {
              made.kept.set(id, { mark: higherMark(entry.mark, markFor(entry.record, setting.clock())) })
              first.delete(id)
              swept++
            }
          }
          return swept + (await sound.sweep(options))
        }
      }
    }
  },
  'sweeps what it looked up before': {
    store: (sound, { backend: made, setting }) => ({
      sweep: async (options) => {
        options?.signal?.throwIfAborted()
        const keys = made.expired(setting.clock(), 1000)
        const swept = await sound.sweep(options)
        for (let turn = 0; turn < 50; turn++) await Promise.resolve()
        if (options?.limit === undefined && keys.length < 1000) {
          for (const key of keys) {
            const { record } = made.kept.get(mapKey(key)) ?? {}
            if (record !== undefined) made.kept.set(mapKey(key), { mark: markFor(record, setting.clock()) })
          }
        }
        return swept
      }
    })
  },
  'refuses what has expired': {
    store: (sound, { setting }) => ({
      put: async (record, options) =>
        isRecord(record) &&
        typeof record.expires === 'bigint' &&
        record.expires >= 0n &&
        record.expires < setting.clock()
          ? { status: 'stale' }
          : sound.put(record, options)
    })
  },
  'iterates in the order of arrival': backend((made) => {
    made.scan = (kind, range) => {
      const found = new Set(MapBackend.prototype.scan.call(made, kind, range))
      return [...made.kept.values()].filter((entry) => found.has(entry))
    }
  }),
  'bounds a prefix by one more byte of 0xff': {
    store: (sound) => ({
      iterate: (query, options) => {
        const { prefix, ...rest } = query ?? {}
        if (!(prefix instanceof Uint8Array) || query?.start !== undefined) return sound.iterate(query, options)
        return sound.iterate({ ...rest, start: prefix, end: Uint8Array.of(...prefix, 0xff) }, options)
      }
    })
  },
  'takes a prefix for a start': {
    store: (sound) => ({
      iterate: (query, options) => {
        const { prefix, ...rest } = query ?? {}
        if (!(prefix instanceof Uint8Array) || query?.start !== undefined) return sound.iterate(query, options)
        return sound.iterate({ ...rest, start: prefix }, options)
      }
    })
  },
  'takes the end for inclusive': {
    store: (sound) => ({
      iterate: (query, options) =>
        query?.end instanceof Uint8Array
          ? sound.iterate({ ...query, end: Uint8Array.of(...query.end, 0) }, options)
          : sound.iterate(query, options)
    })
  },
  'counts expired records for a limit': backend((made) => {
    made.scan = (kind, range) => [...MapBackend.prototype.scan.call(made, kind, range)].slice(0, range.limit)
  }),
  'begins a page with the last key of the one before': {
    store: (sound) => ({
      iterate: (query, options) => {
        const { after, ...rest } = query ?? {}
        return after instanceof Uint8Array && query?.reverse !== true
          ? sound.iterate({ ...rest, start: after }, options)
          : sound.iterate(query, options)
      }
    })
  },
  'shifts an iteration with what is written': {
    backend: (kept, maxMarks) => {
      const made = new MapBackend(kept, maxMarks)
      made.scan = function* (kind, range) {
        for (let index = 0; ; index++) {
          const entry = [...MapBackend.prototype.scan.call(made, kind, range)][index]
          if (entry === undefined) return
          yield entry
        }
      }
      return made
    },
    capabilities: { durable: false, expiryIndex: false, snapshot: true, multiProcess: true, persistent: true }
  },
  'goes on after an early end': {
    store: (sound) => ({
      iterate: (query, options) => {
        const iteration = sound.iterate(query, options)
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
  'loses its way when steps overlap': {
    store: (sound) => ({
      iterate: (query, options) => {
        const iteration = sound.iterate(query, options)
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
  'reads a query when it is used': {
    store: (sound) => ({
      iterate: async function* (query, options) {
        yield* sound.iterate(query, options)
      }
    })
  },
  'takes a close for the end of an iteration': {
    store: (sound) => ({
      iterate: async function* (query, options) {
        let begun = false
        try {
          for await (const record of sound.iterate(query === undefined ? query : structuredClone(query), options)) {
            begun = true
            yield record
          }
        } catch (error) {
          if (!begun || (error as RecordError).code !== 'STORE_CLOSED') throw error
        }
      }
    })
  },
  'ignores signals': {
    store: (sound) => ({
      get: (key) => sound.get(key),
      put: (record) => sound.put(record),
      iterate: (query) => sound.iterate(query)
    })
  },
  'wraps the reason of a signal': {
    store: (sound) => ({
      get: async (key, options) => {
        try {
          return await sound.get(key, options)
        } catch (error) {
          if (options?.signal?.aborted === true) throw new Error('aborted', { cause: error })
          throw error
        }
      }
    })
  },
  'gives up a put that it still writes': {
    store: (sound) => ({
      put: (record, options) => {
        const signal = options?.signal
        if (typeof signal?.addEventListener !== 'function' || signal.aborted) return sound.put(record, options)
        return new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
          sound.put(record).then(resolve, reject)
        })
      }
    })
  },
  'answers after close': {
    store: (sound) => {
      let last: StoredRecord | undefined
      return {
        close: async () => {
          last = undefined
          await sound.close()
        },
        has: async (key, options) => {
          try {
            return await sound.has(key, options)
          } catch (error) {
            if ((error as RecordError).code === 'STORE_CLOSED') return last !== undefined
            throw error
          }
        }
      }
    }
  },
  'may be closed only once': {
    store: (sound) => {
      let closed = false
      return {
        close: async () => {
          if (closed) throw new RecordError('STORE_CLOSED', 'it is closed')
          closed = true
          await sound.close()
        }
      }
    }
  },
  'does not close when it is disposed of': { store: () => ({ [Symbol.asyncDispose]: async () => {} }) },
  'fails what runs when it closes': {
    store: (sound) => {
      let closing = false
      return {
        close: () => {
          closing = true
          return sound.close()
        },
        put: async (record, options) => {
          const result = await sound.put(record, options)
          if (closing) throw new TypeError('the connection is gone')
          return result
        }
      }
    }
  },
  'loses marks when it is reopened': {
    backend: (kept, maxMarks) => {
      for (const [id, entry] of kept ?? []) kept?.set(id, withoutMark(entry))
      return new MapBackend(kept, maxMarks)
    }
  },
  'loses the newest records when it is closed': {
    store: (sound, { backend: { kept } }) => ({
      close: async () => {
        await sound.close()
        for (const id of [...kept.keys()].slice(20)) kept.delete(id)
      }
    })
  },
  'checks no key': {
    store: (sound) => ({
      get: async (key, options) =>
        key instanceof Uint8Array && key.length > 0 && key.length < 1025 ? sound.get(key, options) : undefined
    })
  },
  'checks no field of a record': {
    store: (sound) => ({
      put: async (record, options) => {
        try {
          return await sound.put(record, options)
        } catch (error) {
          if ((error as Error).message.startsWith('digest'))
            throw new TypeError('digest.slice is not a function', { cause: error })
          throw error
        }
      }
    })
  },
  'checks no sizes': {
    store: (sound, { backend: { kept } }) => ({
      put: async (record, options) => {
        const large = record?.value instanceof Uint8Array && record.value.length > 65_536
        if (!large) return sound.put(record, options)
        kept.set(mapKey(record.key), { record })
        return { status: 'stored' }
      }
    })
  },
  'goes by limits of its own': {
    store: (sound) => ({
      get: async (key, options) => (key instanceof Uint8Array && key.length === 9 ? undefined : sound.get(key, options))
    })
  },
  'takes anything for a batch': {
    store: (sound) => ({
      batch: async (operations, options) =>
        Array.isArray(operations) || operations === undefined ? sound.batch(operations ?? [], options) : []
    })
  },
  'takes anything for a query': {
    store: (sound) => ({
      iterate: (query, options) =>
        typeof query === 'object' && query !== null && !(Number(query.limit) < 0)
          ? sound.iterate(query, options)
          : sound.iterate(undefined, options)
    })
  },
  'takes anything for a signal': {
    store: (sound) => ({
      get: (key, options) => (options?.signal instanceof AbortSignal ? sound.get(key, options) : sound.get(key))
    })
  },
  'loses the cause of a failure': {
    store: (sound) => ({
      get: async (key, options) => {
        try {
          return await sound.get(key, options)
        } catch (error) {
          if ((error as RecordError).code === 'STORE_IO') throw new RecordError('STORE_IO', (error as Error).message)
          throw error
        }
      }
    })
  },
  'hides that the medium cannot be read': {
    store: (sound) => ({
      get: async (key, options) => {
        try {
          return await sound.get(key, options)
        } catch (error) {
          if ((error as RecordError).code === 'STORE_IO') return undefined
          throw error
        }
      }
    })
  },
  'writes before it fails': backend((made) => {
    made.write = (changes) => {
      const failure = made.failures.write
      made.failures.write = undefined
      void MapBackend.prototype.write.call(made, changes)
      made.failures.write = failure
      return failure === undefined ? Promise.resolve(true) : Promise.reject(failure)
    }
  }),
  'takes a damaged entry for none': {
    store: (sound) => ({
      get: async (key, options) => {
        try {
          return await sound.get(key, options)
        } catch (error) {
          if ((error as RecordError).code === 'STORE_CORRUPT') return undefined
          throw error
        }
      }
    })
  },
  'does not overwrite a damaged entry': {
    store: (sound) => ({
      put: async (record, options) => {
        if (isRecord(record) && record.key.length > 0 && record.key.length <= 1024 && options?.signal === undefined) {
          await sound.get(record.key).catch((error: RecordError) => {
            if (error.code === 'STORE_CORRUPT') throw error
          })
        }
        return sound.put(record, options)
      }
    })
  },
  'stamps a time of its own': changing((record) =>
    typeof record.timeReceived === 'bigint' && record.timeReceived > 0n && record.timeReceived < 2n ** 63n
      ? { ...record, timeReceived: record.timeReceived + 1n }
      : record
  ),
  'asks whether a value is good': {
    store: (sound) => ({
      put: async (record, options) =>
        isRecord(record) && new TextDecoder().decode(record.value).startsWith('bad')
          ? { status: 'stale' }
          : sound.put(record, options)
    })
  },
  'refuses a put while another runs': {
    store: (sound) => {
      const running = new Set<string>()
      return {
        put: async (record, options) => {
          if (!isRecord(record)) return sound.put(record, options)
          const id = mapKey(record.key)
          if (running.has(id)) return { status: 'stale' }
          running.add(id)
          try {
            return await sound.put(record, options)
          } finally {
            running.delete(id)
          }
        }
      }
    }
  },
  'takes an empty key': {
    store: (sound) => ({
      put: async (record, options) =>
        isRecord(record) && record.key.length === 0 ? { status: 'stored' } : sound.put(record, options)
    })
  },
  'writes without a look at what others wrote': backend((made) => {
    const { write } = MapBackend.prototype
    made.write = (changes) =>
      write.call(
        made,
        changes.map(({ key, next }) => ({ key, next, previous: made.kept.get(mapKey(key)) ?? absent }))
      )
  }),
  'keeps to itself what it wrote': backend((made) => {
    const kept = new Map(made.kept)
    Object.defineProperty(made, 'kept', { value: kept })
  }),
  'evicts nothing': { bounded: 'evicts nothing' },
  'evicts before it sweeps': { bounded: 'never sweeps' },
  'evicts local records': { bounded: 'evicts local records' },
  'evicts without a mark': { bounded: 'leaves no mark' },
  'keeps every mark there is room for': backend((made) => {
    made.excessMarks = () => []
  }),
  'lets the youngest mark go': backend((made) => {
    const { excessMarks: surplusMarks } = MapBackend.prototype
    made.excessMarks = (limit) => {
      const surplus = surplusMarks.call(made, limit)
      const marks = [...made.kept.values()].flatMap(({ mark }) => (mark === undefined ? [] : [mark]))
      return marks.reverse().slice(0, surplus.length)
    }
  })
}
