import type { StoredRecord } from '@recordkit/record-store'
import { checkedLimit } from '@recordkit/record-store/internal'
import { mapKey } from '@recordkit/record-types/internal'
import { FairEviction, Places } from './fair-eviction.ts'

/** A bound for some of a store's records: made by `perNamespace`, `perAuthor` or `perSender`, each store's own. */
export type Quota = () => Counts

/** What a quota counts, and what it makes of that. Told of every record that comes and goes, by its slot. */
interface Counts {
  /** whether `record` may come, in place of `held`, as things are */
  fits(record: StoredRecord, held: StoredRecord | undefined): boolean
  /** whether it might when all that may be evicted had gone */
  mayFit(record: StoredRecord, held: StoredRecord | undefined): boolean
  /** the slot that has to go before `record` comes, or -1 */
  next(record: StoredRecord): number
  add(slot: number, record: StoredRecord): void
  delete(slot: number, record: StoredRecord): void
}

/** At most so many records by one author; one more is refused with `quota`. */
export function perAuthor(records: number): Quota {
  return refusing(records, ({ author }) => author)
}

/** At most so many records from one sender, local ones not counted; one more is refused with `quota`. */
export function perSender(records: number): Quota {
  return refusing(records, ({ sender, local }) => (local === true ? undefined : sender))
}

/**
 * At most so many records of one namespace, which is what stands between the first two slashes of a key. When it is
 * full, the oldest record of its largest sender goes.
 */
export function perNamespace(records: number): Quota {
  const most = checkedLimit(records)
  return () => {
    const groups = new Map<string, { local: number; readonly shares: FairEviction }>()
    const places = new Places()
    const sizeOf = (namespace: string): number => {
      const group = groups.get(namespace)
      return group === undefined ? 0 : group.local + group.shares.count
    }
    return {
      fits({ key }, held) {
        return sizeOf(namespaceOf(key)) - (held === undefined ? 0 : 1) < most
      },
      mayFit({ key }, held) {
        return (groups.get(namespaceOf(key))?.local ?? 0) - (held?.local === true ? 1 : 0) < most
      },
      next({ key }) {
        const namespace = namespaceOf(key)
        return sizeOf(namespace) < most ? -1 : (groups.get(namespace)?.shares.next ?? -1)
      },
      add(slot, { key, sender, local }) {
        const namespace = namespaceOf(key)
        const group = groups.get(namespace) ?? { local: 0, shares: new FairEviction(places) }
        groups.set(namespace, group)
        if (local === true) group.local++
        else group.shares.add(slot, sender === undefined ? '' : mapKey(sender))
      },
      delete(slot, { key }) {
        const namespace = namespaceOf(key)
        const group = groups.get(namespace)
        if (group === undefined) return
        if (!group.shares.delete(slot)) group.local--
        if (sizeOf(namespace) === 0) groups.delete(namespace)
      }
    }
  }
}

/** Bounds what has the same name; what has none is not bounded. Evicts nothing. */
function refusing(records: number, nameOf: (record: StoredRecord) => Uint8Array | undefined): Quota {
  const most = checkedLimit(records)
  return () => {
    const counts = new Map<string, number>()
    const fits: Counts['fits'] = (record, held) => {
      const name = nameOf(record)
      if (name === undefined) return true
      const before = held === undefined ? undefined : nameOf(held)
      const key = mapKey(name)
      const own = before !== undefined && mapKey(before) === key ? 1 : 0
      return (counts.get(key) ?? 0) - own < most
    }
    const count = (record: StoredRecord, change: number): void => {
      const name = nameOf(record)
      if (name === undefined) return
      const key = mapKey(name)
      const left = (counts.get(key) ?? 0) + change
      if (left > 0) counts.set(key, left)
      else counts.delete(key)
    }
    return {
      fits,
      mayFit: fits,
      next: () => -1,
      add: (_slot, record) => count(record, 1),
      delete: (_slot, record) => count(record, -1)
    }
  }
}

const slash = 0x2f

/** What stands between the first two slashes of a key; empty for a key that does not begin with one. */
function namespaceOf(key: Uint8Array): string {
  if (key[0] !== slash) return ''
  const end = key.indexOf(slash, 1)
  return mapKey(key.subarray(1, end < 0 ? key.length : end))
}
