import { compareBytes, equalBytes } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { EntryContent, ScanRange, StoreChange, StoreEntry } from '@recordkit/record-store'
import { entryOf, MapBackend } from '../map-backend.ts'
import type { SyncAccounts } from './accounted-backend.ts'
import { CountingBackend } from './accounted-backend.ts'
import type { MapEntry } from '../map-backend.ts'

/** How a correct backend is broken, and the case that names the broken rule. */
export interface BackendFlaw {
  readonly fails: string
  readonly change: (backend: MapBackend) => void
}

const original = MapBackend.prototype

/** A backend that compares entries in another way. */
function comparing(
  fails: string,
  same: (now: MapEntry | undefined, before: MapEntry | undefined, change: StoreChange) => boolean
): BackendFlaw {
  return {
    fails,
    change: (backend) => {
      backend.unchanged = (changes) =>
        changes.every((change) =>
          same(backend.data.get(mapKey(change.key)), change.previous.version as MapEntry | undefined, change)
        )
    }
  }
}

/** A backend that changes what is written. */
function writing(fails: string, replace: (next: EntryContent) => EntryContent): BackendFlaw {
  return {
    fails,
    change: (backend) => {
      backend.apply = (changes) =>
        original.apply.call(
          backend,
          changes.map((change) => ({ ...change, next: replace(change.next) }))
        )
    }
  }
}

/** A backend with a flaw in its accounts. */
function accounting(
  fails: string,
  replace: (accounts: SyncAccounts, backend: CountingBackend) => Partial<SyncAccounts>
): BackendFlaw {
  return {
    fails,
    change: (backend) => {
      const counting = backend as CountingBackend
      const current = (): SyncAccounts => new CountingBackend(counting.data).accounts
      const correct: SyncAccounts = {
        totals: () => current().totals(),
        sizes: (names) => current().sizes(names),
        largestGroups: (measure, limit) => current().largestGroups(measure, limit),
        oldest: (kind, group, limit) => current().oldest(kind, group, limit)
      }
      Object.defineProperty(backend, 'accounts', { value: { ...correct, ...replace(correct, counting) } })
    }
  }
}

/** Accounts of the entries that `change` returns. */
function counted(backend: CountingBackend, change: (entry: MapEntry) => MapEntry): SyncAccounts {
  return new CountingBackend(new Map([...backend.data].map(([id, entry]) => [id, change(entry)]))).accounts
}

/** A backend that scans in pages. */
function paging(
  fails: string,
  next: (last: Uint8Array, range: ScanRange) => ScanRange | undefined,
  pageSize = 1000
): BackendFlaw {
  return {
    fails,
    change: (backend) => {
      backend.scan = function* (kind, range) {
        let rest: ScanRange | undefined = range
        while (rest !== undefined) {
          const page: StoreEntry[] = [...original.scan.call(backend, kind, rest)].slice(0, pageSize)
          yield* page
          const last = (page.at(-1)?.version as MapEntry | undefined)?.key
          rest = page.length < pageSize || last === undefined ? undefined : next(last, range)
        }
      }
    }
  }
}

function rekeying(fails: string, change: (key: Uint8Array) => Uint8Array): BackendFlaw {
  return {
    fails,
    change: (backend) => {
      backend.read = (keys) => original.read.call(backend, keys.map(change))
      backend.write = (changes) =>
        original.write.call(
          backend,
          changes.map(({ key, ...rest }) => ({ key: change(key), ...rest }))
        )
    }
  }
}

function signed(time: bigint): bigint {
  return BigInt.asIntN(64, time)
}

function sameParts(
  now: MapEntry | undefined,
  before: MapEntry | undefined,
  compare: (now: MapEntry, before: MapEntry) => boolean
): boolean {
  return now === undefined || before === undefined ? now === before : compare(now, before)
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b)
}

/** Every flaw of a backend that the kit must find, by its description. */
export const backendFlaws: Readonly<Record<string, BackendFlaw>> = {
  'forgets the share of a record': writing('backend/round-trip', ({ recordShare: _, ...next }) => next),
  'forgets the share of a mark': writing('backend/round-trip', ({ markShare: _, ...next }) => next),
  'stores the time of a share as a signed number': writing('backend/round-trip', (next) => ({
    ...next,
    recordShare: next.recordShare && { ...next.recordShare, since: BigInt.asIntN(64, next.recordShare.since) }
  })),
  'does not compare shares': comparing(
    'backend/shares',
    (now, before, { next }) =>
      now === before || (now?.record !== undefined && before?.record !== undefined && next.record === undefined)
  ),
  'counts published records towards their group': accounting('accounts/totals', (correct, backend) => ({
    totals: () => ({ ...correct.totals(), groups: counted(backend, withoutPublication).totals().groups })
  })),
  'counts published records towards the size of their group': accounting('accounts/sizes', (_, backend) => ({
    sizes: (names) => counted(backend, withoutPublication).sizes(names)
  })),
  'counts the author of every record': accounting('accounts/sizes', (_, backend) => ({
    sizes: (names) =>
      counted(backend, (entry) =>
        entry.record?.author === undefined ? entry : { ...entry, record: { ...entry.record, key: Uint8Array.of(47) } }
      ).sizes(names)
  })),
  'does not count entries without a share': accounting('accounts/without-share', (_, backend) => ({
    oldest: (kind, group, limit) =>
      counted(backend, (entry) => (entry.recordShare === undefined ? { key: entry.key } : entry)).oldest(
        kind,
        group,
        limit
      )
  })),
  'lists the smallest groups first': accounting('accounts/largest', (correct) => ({
    largestGroups: (measure, limit) => correct.largestGroups(measure, 99).toReversed().slice(0, limit)
  })),
  'lists groups by their records whatever is asked': accounting('accounts/largest', (correct) => ({
    largestGroups: (_measure, limit) => correct.largestGroups('records', limit)
  })),
  'lists the records of a group by key': accounting('accounts/oldest', (correct) => ({
    oldest: (kind, group, limit) => correct.oldest(kind, group, 999).toSorted(compareBytes).slice(0, limit)
  })),
  'lists records of groups with the same prefix': accounting('accounts/oldest', (correct) => ({
    oldest: (kind, group, limit) =>
      [...correct.oldest(kind, Uint8Array.of(...group, 0x79), limit), ...correct.oldest(kind, group, limit)].slice(
        0,
        limit
      )
  })),
  'counts a write that it refuses': {
    fails: 'accounts/refused',
    change: (backend) => {
      const tried = new MapBackend()
      backend.write = async (changes) => {
        if (!(await original.write.call(backend, changes))) original.apply.call(tried, changes)
        return true
      }
      backend.write = ((write) => async (changes: readonly StoreChange[]) => {
        const isSame = backend.unchanged(changes)
        await write(changes)
        return isSame
      })(backend.write)
      const own = (): MapBackend['data'] => new Map([...backend.data, ...tried.data])
      Object.defineProperty(backend, 'accounts', { get: () => new CountingBackend(own()).accounts })
    }
  },
  'counts only what its own process writes': {
    fails: 'accounts/shared',
    change: (backend) => {
      const own: MapBackend['data'] = new Map()
      const { apply } = original
      backend.apply = (changes) => {
        apply.call(backend, changes)
        for (const { key } of changes) {
          const entry = backend.data.get(mapKey(key))
          if (entry === undefined) own.delete(mapKey(key))
          else own.set(mapKey(key), entry)
        }
      }
      Object.defineProperty(backend, 'accounts', { get: () => new CountingBackend(own).accounts })
    }
  },
  'has no accounts after a reopen': {
    fails: 'accounts/reopen',
    change: (backend) => {
      const before = new Set(backend.data.keys())
      const later = (): MapBackend['data'] => new Map([...backend.data].filter(([id]) => !before.has(id)))
      Object.defineProperty(backend, 'accounts', { get: () => new CountingBackend(later()).accounts })
    }
  },
  'compares nothing': comparing('backend/version', () => true),
  'compares the rank only': comparing('backend/version-same-rank', (now, before) =>
    sameParts(now, before, (a, b) => sameBytes(a.record?.rank, b.record?.rank))
  ),
  'compares rank and value only': comparing('backend/version-same-rank', (now, before) =>
    sameParts(
      now,
      before,
      (a, b) => sameBytes(a.record?.rank, b.record?.rank) && sameBytes(a.record?.value, b.record?.value)
    )
  ),
  'compares the record only': comparing('backend/version-same-rank', (now, before) =>
    sameParts(
      now,
      before,
      (a, b) =>
        sameBytes(a.record?.rank, b.record?.rank) &&
        a.record?.timeReceived === b.record?.timeReceived &&
        a.record?.expires === b.record?.expires
    )
  ),
  'does not compare the version of an absent entry': comparing(
    'backend/version-absent',
    (now, before) => before === undefined || now === before
  ),
  'writes over an entry that was removed': comparing(
    'backend/version-absent',
    (now, before) => now === undefined || now === before
  ),
  'treats an entry with a mark only as absent': comparing('backend/version-mark', (now, before) => {
    const record = (entry: MapEntry | undefined): MapEntry | undefined =>
      entry?.record === undefined && entry?.corrupt === undefined ? undefined : entry
    return record(now) === record(before)
  }),
  'returns the previous entries where it refuses a write': {
    fails: 'backend/write-or-read',
    change: (backend) => {
      ;(backend as CountingBackend).writeOrRead = async (changes) =>
        (await backend.write(changes)) || changes.map(({ previous }) => previous)
    }
  },
  'returns the entries of a refused write without their versions': {
    fails: 'backend/write-or-read',
    change: (backend) => {
      ;(backend as CountingBackend).writeOrRead = async (changes) =>
        (await backend.write(changes)) ||
        (await backend.read(changes.map(({ key }) => key))).map(({ version: _, ...content }) => content)
    }
  },
  'expects what it remembers with the version of what is there': {
    fails: 'backend/expect',
    change: (backend) => {
      const { expect } = CountingBackend.prototype
      ;(backend as CountingBackend).expect = (keys) =>
        expect.call(backend, keys).map((entry, index) => ({
          ...entry,
          version: backend.data.get(mapKey(keys[index] as Uint8Array))
        }))
    }
  },
  'does not compare the version of a damaged entry': comparing(
    'backend/version-damaged',
    (now, before, { previous }) => previous.corrupt !== undefined || now === before
  ),
  'applies a write change by change': {
    fails: 'backend/all-or-nothing',
    change: (backend) => {
      backend.write = async (changes) => {
        for (const change of changes) if (!(await original.write.call(backend, [change]))) return false
        return true
      }
    }
  },
  'applies a write in chunks': {
    fails: 'backend/all-or-nothing',
    change: (backend) => {
      backend.write = async (changes) => {
        for (let start = 0; start < changes.length; start += 500)
          if (!(await original.write.call(backend, changes.slice(start, start + 500)))) return false
        return true
      }
    }
  },
  'compares the version of the first change only': {
    fails: 'backend/all-or-nothing',
    change: (backend) => {
      backend.unchanged = (changes) => original.unchanged.call(backend, changes.slice(0, 1))
    }
  },
  'applies the changes whose versions match': {
    fails: 'backend/all-or-nothing',
    change: (backend) => {
      backend.write = async (changes) => {
        const matching = changes.filter((change) => original.unchanged.call(backend, [change]))
        await original.write.call(backend, matching)
        return matching.length === changes.length
      }
    }
  },
  'drops changes after the first 1,000 of a write': {
    fails: 'backend/all-or-nothing',
    change: (backend) => {
      backend.apply = (changes) => original.apply.call(backend, changes.slice(0, 1000))
    }
  },
  'compares and writes in two steps': {
    fails: 'backend/concurrent-shared',
    change: (backend) => {
      backend.write = async (changes) => {
        if (!backend.unchanged(changes)) return false
        await Promise.resolve()
        backend.apply(changes)
        return true
      }
    }
  },
  'drops the first page but one': paging('backend/scan-many', (last, range) => ({
    ...range,
    ...(range.reverse === true ? { end: last.slice(0, -1) } : { start: Uint8Array.of(...last.slice(0, -1), 0x3a) })
  })),
  'returns the first page only': paging('backend/scan-many', () => undefined),
  'returns the last key of a page again': paging('backend/scan-many', (last, range) => ({
    ...range,
    ...(range.reverse === true ? { end: Uint8Array.of(...last, 0) } : { start: last })
  })),
  'returns the last page again': {
    fails: 'backend/scan-pages',
    change: (backend) => {
      backend.scan = function* (kind, range) {
        const all = [...original.scan.call(backend, kind, range)]
        yield* all
        // a full last page is followed by a page that is empty, not by itself
        if (all.length > 0 && all.length % 100 === 0) yield* all.slice(-100)
      }
    }
  },
  'ignores the end of a scan after its first page': paging('backend/scan-many', (last, range) =>
    range.reverse === true ? { reverse: true, end: last } : { start: Uint8Array.of(...last, 0) }
  ),
  'continues a reverse scan forwards': paging('backend/scan-many', (last, range) => ({
    ...range,
    reverse: false,
    start: Uint8Array.of(...last, 0)
  })),
  'continues a scan at an offset': {
    fails: 'backend/scan-writes',
    change: (backend) => {
      backend.scan = function* (kind, range) {
        for (let offset = 0; ; offset += 100) {
          const page = [...original.scan.call(backend, kind, range)].slice(offset, offset + 100)
          yield* page
          if (page.length < 100) return
        }
      }
    }
  },
  'folds the case of keys': rekeying('backend/keys', (key) =>
    key.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte))
  ),
  'decodes keys as UTF-8': rekeying('backend/keys', (key) => new TextEncoder().encode(new TextDecoder().decode(key))),
  'orders keys by signed bytes': {
    fails: 'backend/keys',
    change: (backend) => {
      backend.scan = (kind, range) => {
        const signedKey = ({ version }: StoreEntry): string =>
          [...(version as MapEntry).key].map((byte) => String((byte ^ 0x80) + 1000)).join()
        const found = [...original.scan.call(backend, kind, range)]
        const order = range.reverse === true ? -1 : 1
        return found.sort((a, b) => (signedKey(a) < signedKey(b) ? -order : order))
      }
    }
  },
  'does not list marks without a record': {
    fails: 'backend/scan-kinds',
    change: (backend) => {
      backend.scan = (kind, range) =>
        [...original.scan.call(backend, kind, range)].filter((entry) => kind !== 'marks' || entry.record !== undefined)
    }
  },
  'does not list publications': {
    fails: 'backend/scan-kinds',
    change: (backend) => {
      backend.scan = (kind, range) => (kind === 'publications' ? [] : original.scan.call(backend, kind, range))
    }
  },
  'does not list publications without a record': {
    fails: 'backend/scan-kinds',
    change: (backend) => {
      backend.scan = (kind, range) =>
        [...original.scan.call(backend, kind, range)].filter(
          (entry) => kind !== 'publications' || entry.record !== undefined
        )
    }
  },
  'lists publications that were removed': {
    fails: 'backend/scan-kinds',
    change: (backend) => {
      const published = new Set<string>()
      const { apply } = original
      backend.apply = (changes) => {
        for (const { key, next } of changes) if (next.publication !== undefined) published.add(mapKey(key))
        apply.call(backend, changes)
      }
      backend.scan = (kind, range) =>
        kind !== 'publications'
          ? original.scan.call(backend, kind, range)
          : [...original.scan.call(backend, 'records', range), ...original.scan.call(backend, 'marks', range)].filter(
              ({ version }) => published.has(mapKey((version as MapEntry).key))
            )
    }
  },
  'indexes the first expiry of an entry': {
    fails: 'backend/due-moved',
    change: (backend) => {
      const first = new Map<string, bigint>()
      backend.apply = (changes) => {
        for (const { key, next } of changes)
          if (next.record?.expires !== undefined && !first.has(mapKey(key))) first.set(mapKey(key), next.record.expires)
        original.apply.call(backend, changes)
      }
      backend.expired = (now, limit) =>
        [...backend.data.values()]
          .filter(({ key, record, mark }) => (first.get(mapKey(key)) ?? record?.expires ?? mark?.until ?? now) < now)
          .slice(0, limit)
          .map(({ key }) => key)
    }
  },
  'indexes the later of the two times of an entry': {
    fails: 'backend/due-moved',
    change: (backend) => {
      backend.expired = (now, limit) =>
        [...backend.data.values()]
          .map(({ key, record, mark }) => {
            const times = [record?.expires, mark?.until].filter((time) => time !== undefined)
            return {
              key,
              time: times.reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined)
            }
          })
          .filter((item): item is { key: Uint8Array; time: bigint } => item.time !== undefined && item.time < now)
          .sort((a, b) => (a.time < b.time ? -1 : 1))
          .slice(0, limit)
          .map(({ key }) => key)
    }
  },
  'does not index marks': {
    fails: 'backend/due',
    change: (backend) => {
      backend.expired = (now, limit) =>
        original.expired
          .call(backend, now, 1_000_000)
          .filter((key) => backend.data.get(mapKey(key))?.record !== undefined)
          .slice(0, limit)
    }
  },
  'reports what is due at its last instant': {
    fails: 'backend/due',
    change: (backend) => {
      backend.expired = (now, limit) => original.expired.call(backend, now + 1n, limit)
    }
  },
  'compares times as signed numbers': {
    fails: 'backend/due',
    change: (backend) => {
      backend.expired = (now, limit) =>
        [...backend.data.values()]
          .flatMap(({ key, record, mark }) =>
            [record?.expires, mark?.until].flatMap((time) => (time === undefined ? [] : [{ key, time: signed(time) }]))
          )
          .filter(({ time }) => time < signed(now))
          .sort((a, b) => (a.time < b.time ? -1 : 1))
          .slice(0, limit)
          .map(({ key }) => key)
    }
  },
  'stores times as signed numbers': writing('backend/round-trip', ({ record, ...rest }) => ({
    ...rest,
    record: record && { ...record, timeReceived: BigInt.asIntN(63, record.timeReceived) & (2n ** 63n - 1n) }
  })),
  'drops keys after the first 1,000 of a read': {
    fails: 'backend/read-many',
    change: (backend) => {
      backend.read = async (keys) => {
        const entries = await original.read.call(backend, keys.slice(0, 1000))
        return [...entries, ...keys.slice(1000).map(() => ({}))]
      }
    }
  },
  'leaves absent keys out of a read': {
    fails: 'backend/read-many',
    change: (backend) => {
      backend.read = async (keys) =>
        (await original.read.call(backend, keys)).filter(({ version }) => version !== undefined)
    }
  },
  'drops the author of a record': writing('backend/round-trip', ({ record, ...rest }) => ({
    ...rest,
    record: record && { ...record, author: undefined }
  })),
  'drops the options of a publication': writing('backend/round-trip', ({ publication, ...rest }) => ({
    ...rest,
    publication: publication && { ...publication, options: undefined }
  })),
  'stores every publication as one for the network': writing('backend/round-trip', ({ publication, ...rest }) => ({
    ...rest,
    publication: publication && { ...publication, network: true }
  })),
  'drops the mark beside a record': writing('backend/round-trip', (next) =>
    next.record === undefined ? next : { ...next, mark: undefined }
  ),
  'keeps empty entries': {
    fails: 'backend/absent',
    change: (backend) => {
      backend.apply = (changes) => {
        for (const { key, next } of changes) backend.data.set(mapKey(key), structuredClone({ ...next, key }))
      }
    }
  },
  'does not count publications': {
    fails: 'backend/stats',
    change: (backend) => {
      backend.stats = () => ({ ...original.stats.call(backend), publications: 0 })
    }
  },
  'declares a capability that it does not have': {
    fails: 'backend/capabilities',
    change: (backend) => {
      Object.assign(backend, { capabilities: { ...backend.capabilities, durable: true } })
    }
  },
  'treats damaged entries as absent': {
    fails: 'backend/damaged',
    change: (backend) => {
      backend.scan = (kind, range) =>
        [...original.scan.call(backend, kind, range)].filter(({ corrupt }) => corrupt === undefined)
    }
  },
  'keeps one damaged entry only': {
    fails: 'backend/quarantine',
    change: (backend) => {
      backend.apply = (changes) => {
        original.apply.call(backend, changes)
        backend.quarantine.splice(0, backend.quarantine.length - 1)
      }
    }
  },
  'reports an entry of a newer format as damaged': {
    fails: 'backend/newer',
    change: (backend) => {
      backend.read = async (keys) =>
        keys.map((key) => {
          const { newer, ...entry } = entryOf(backend.data.get(mapKey(key)))
          return newer === undefined ? entry : { ...entry, corrupt: newer }
        })
    }
  },
  'loses its marks when it is reopened': {
    fails: 'backend/reopen',
    change: (backend) => {
      for (const [id, entry] of backend.data) backend.data.set(id, { ...entry, mark: undefined })
    }
  }
}

function withoutPublication(entry: MapEntry): MapEntry {
  return { ...entry, publication: undefined }
}
