import { checkCount, mapKey } from '@recordkit/record-types/internal'
import type { TableRecord } from './record-table.ts'
import { FairEviction, SlotLinks } from './fair-eviction.ts'

/** A bound for some records of a store. Each store creates counters of its own. */
export type Quota = () => QuotaCounter

/** Counts the records that a quota bounds. */
interface QuotaCounter {
  /** Whether a record fits without evicting others, in place of the record that it replaces. */
  fits(record: TableRecord, replaced: TableRecord | undefined): boolean
  /** Whether a record fits after all evictable records were removed. */
  canFit(record: TableRecord, replaced: TableRecord | undefined): boolean
  /** The slot to evict before a record is added, or -1. */
  next(record: TableRecord): number
  add(slot: number, record: TableRecord): void
  delete(slot: number, record: TableRecord): void
}

/**
 * Limits the number of records by one author. Further records are refused with status `quota`.
 *
 * @example
 * ```ts
 * const store = new MemoryRecordStore({ quotas: [perAuthor(100)] })
 * ```
 */
export function perAuthor(records: number): Quota {
  return refusing(records, ({ author }) => author)
}

/**
 * Limits the number of records from one sender, without published records. Further records are refused with status `quota`.
 *
 * @example
 * ```ts
 * const store = new MemoryRecordStore({ quotas: [perSender(50)] })
 * ```
 */
export function perSender(records: number): Quota {
  return refusing(records, ({ sender, published }) => (published === true ? undefined : sender))
}

/**
 * Limits the number of records in one namespace: the part of a key between its first two slashes. A full namespace evicts the
 * oldest record of its sender with the most records.
 *
 * @example
 * ```ts
 * const store = new MemoryRecordStore({ quotas: [perNamespace(1000)] })
 * ```
 */
export function perNamespace(records: number): Quota {
  const maxRecords = checkCount(records, 'records', Number.POSITIVE_INFINITY, 0)
  return () => {
    const groups = new Map<string, { published: number; readonly eviction: FairEviction }>()
    const links = new SlotLinks()
    const sizeOf = (namespace: string): number => {
      const group = groups.get(namespace)
      return group === undefined ? 0 : group.published + group.eviction.count
    }
    return {
      fits({ key }, replaced) {
        return sizeOf(namespaceOf(key)) - (replaced === undefined ? 0 : 1) < maxRecords
      },
      canFit({ key }, replaced) {
        return (groups.get(namespaceOf(key))?.published ?? 0) - (replaced?.published === true ? 1 : 0) < maxRecords
      },
      next({ key }) {
        const namespace = namespaceOf(key)
        return sizeOf(namespace) < maxRecords ? -1 : (groups.get(namespace)?.eviction.next ?? -1)
      },
      add(slot, { key, sender, published }) {
        const namespace = namespaceOf(key)
        const group = groups.get(namespace) ?? { published: 0, eviction: new FairEviction(links) }
        groups.set(namespace, group)
        if (published === true) group.published++
        else group.eviction.add(slot, sender === undefined ? '' : mapKey(sender))
      },
      delete(slot, { key }) {
        const namespace = namespaceOf(key)
        const group = groups.get(namespace)
        if (group === undefined) return
        if (!group.eviction.delete(slot)) group.published--
        if (sizeOf(namespace) === 0) groups.delete(namespace)
      }
    }
  }
}

/** Limits the number of records with the same author or sender, and refuses further ones. Records without one are not limited. */
function refusing(records: number, nameOf: (record: TableRecord) => Uint8Array | undefined): Quota {
  const maxRecords = checkCount(records, 'records', Number.POSITIVE_INFINITY, 0)
  return () => {
    const counts = new Map<string, number>()
    const fits: QuotaCounter['fits'] = (record, replaced) => {
      const name = nameOf(record)
      if (name === undefined) return true
      const replacedName = replaced === undefined ? undefined : nameOf(replaced)
      const key = mapKey(name)
      const count = replacedName !== undefined && mapKey(replacedName) === key ? 1 : 0
      return (counts.get(key) ?? 0) - count < maxRecords
    }
    const change = (record: TableRecord, difference: number): void => {
      const name = nameOf(record)
      if (name === undefined) return
      const key = mapKey(name)
      const count = (counts.get(key) ?? 0) + difference
      if (count > 0) counts.set(key, count)
      else counts.delete(key)
    }
    return {
      fits,
      canFit: fits,
      next: () => -1,
      add: (_slot, record) => change(record, 1),
      delete: (_slot, record) => change(record, -1)
    }
  }
}

const slash = 0x2f

/** The part of a key between its first two slashes; empty for a key that does not begin with a slash. */
function namespaceOf(key: Uint8Array): string {
  if (key[0] !== slash) return ''
  const end = key.indexOf(slash, 1)
  return mapKey(key.subarray(1, end < 0 ? key.length : end))
}
