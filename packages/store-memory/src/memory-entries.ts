import type { CheckedBounds, CheckedRange } from '@recordkit/record-store/internal'
import type { AccountTotals, EntryContent, Publication, Share, StoredRecord } from '@recordkit/record-store'
import { authorAccount, namespaceAccount } from '@recordkit/record-store'
import { AdmissionRate, countedAuthor, isSentByAuthor, noGroup, PutAdmission } from '@recordkit/record-store/internal'
import { mapKey } from '@recordkit/record-types/internal'
import { AccountCounts } from './account-counts.ts'
import { ExpiryHeap } from './expiry-heap.ts'
import { FairEviction, SlotLinks } from './fair-eviction.ts'
import { growTypedArray } from './grow-typed-array.ts'
import { RecordTable } from './record-table.ts'
import type { TableRecord } from './record-table.ts'
import { sortedRecords } from './sorted-records.ts'
import type { SortedView } from './sorted-view.ts'

/** Called with a record that is removed, as views that are valid during the call, and the map name of its group. */
export type OnRemove = (record: TableRecord, now: bigint, group: string) => void

/** ns: a record that is evicted sooner leaves no mark: an hour */
const markedAge = 3_600_000_000_000
/** A stored record that was received again. */
export interface Received {
  readonly record: StoredRecord
  /** of senders */
  readonly group: Uint8Array
  /** its map name */
  readonly groupName: string
}

/** Expired records that are removed at a time to make space. */
const sweepSize = 64
/** Of how many of the oldest records of a group the farthest is evicted. */
const comparedByDistance = 16
const noEntry: EntryContent = /* @__PURE__ */ Object.freeze({})

/** The records of a memory store and their bounds, without ranks and marks. */
export class MemoryEntries {
  readonly #bounds: CheckedBounds
  readonly #isLimited: boolean
  readonly #onRemove: OnRemove
  readonly #onEvict: OnRemove
  readonly #table: RecordTable
  readonly #sorted: SortedView<number>
  readonly #expiry: ExpiryHeap = new ExpiryHeap()
  readonly #eviction: FairEviction = new FairEviction()
  readonly #rate = new AdmissionRate()
  readonly #authors = new AccountCounts()
  readonly #namespaces = new Map<string, FairEviction>()
  readonly #namespaceLinks = new SlotLinks()
  /** by slot: when the record was first received, in ns; as a float it is up to 256 ns wrong */
  #since: Float64Array = new Float64Array(64)
  /** by slot: the map name of the group that it counts towards, also while it is published */
  readonly #groups: string[] = []
  #bytes = 0
  #publishedCount = 0
  #publishedBytes = 0

  /**
   * @param onRemove - called with each record that is deleted or has expired
   * @param onEvict - called with each record that is removed for lack of space after it stayed for an hour
   */
  constructor(bounds: CheckedBounds, hashKey: Uint32Array, onRemove: OnRemove, onEvict: OnRemove) {
    const { maxRecords, maxRecordsPerAuthor, maxRecordsPerGroup, maxRecordsPerNamespace } = bounds
    this.#bounds = bounds
    this.#isLimited = Math.min(maxRecordsPerAuthor, maxRecordsPerGroup, maxRecordsPerNamespace) < maxRecords
    this.#onRemove = onRemove
    this.#onEvict = onEvict
    this.#table = new RecordTable(hashKey)
    this.#sorted = sortedRecords(this.#table)
  }

  get count(): number {
    return this.#table.count
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The hash of a key, in this table and in that of the marks. */
  hash(key: Uint8Array): number {
    return this.#table.hash(key)
  }

  /** The slot of a key, whether its record has expired or not, or -1. */
  find(key: Uint8Array, hash: number): number {
    return this.#table.find(key, hash)
  }

  isExpired(slot: number, now: bigint): boolean {
    return this.#table.isExpired(slot, now)
  }

  /** The record in a slot as views on the bytes of the table: copy it before it is returned to callers. */
  view(slot: number): TableRecord {
    return this.#table.view(slot)
  }

  /** A copy of the record in a slot. */
  copy(slot: number): StoredRecord {
    return this.#table.copy(slot)
  }

  /** The map name of the group that the record in a slot counts towards. */
  groupOf(slot: number): string {
    return this.#groups[slot] ?? ''
  }

  /** The group that the record in a slot counts towards. */
  groupBytes(slot: number): Uint8Array {
    return bytesOf(this.groupOf(slot))
  }

  /** Sorts what has changed, if that takes long, so that {@link within} does not. */
  prepareOrder(signal: AbortSignal | undefined): Promise<void> | undefined {
    return this.#sorted.prepare(signal)
  }

  /** The slots whose keys are in a range, in order. */
  *within(range: CheckedRange): Generator<number, undefined> {
    for (const handle of this.#sorted.within(range)) yield this.#table.slotOf(handle)
    return undefined
  }

  /**
   * Stores a record. Sweeps and evicts other records if it does not fit.
   *
   * @param slot - the slot of the record that it replaces, or -1
   * @param group - of senders
   * @param groupName - its map name
   * @returns `false`, with nothing evicted, when the record cannot fit
   */
  put(slot: number, record: TableRecord, group: Uint8Array, groupName: string, hash: number, now: bigint): boolean {
    let current = slot
    let share = groupName
    const isMoved = current >= 0 && this.#groups[current] !== share
    if (isMoved || this.#isLimited || record.published === true || !this.#hasSpace(record)) {
      let admission = this.#admit(current, record, group, now)
      // expired records first, no more of them than needed
      while ((admission === undefined || admission.needed !== undefined) && this.sweep(now, sweepSize) > 0) {
        // the replaced record may have been swept
        current = this.find(record.key, hash)
        admission = this.#admit(current, record, group, now)
      }
      if (admission === undefined) return false
      share = mapKey(admission.share(this.#content(current), record, group, false).group)
    }
    if (current >= 0 && this.#groups[current] === share && this.#replace(current, record)) return true
    if (current >= 0) this.#unlink(current)
    this.#evictFor(record, share, current < 0 ? 0 : 1, now)
    if (current >= 0) {
      this.#table.set(current, record)
    } else {
      current = this.#table.add(record, hash)
      this.#sorted.add(this.#table.handle(current))
    }
    this.#setShare(current, share, now)
    this.#link(current, record)
    return true
  }

  /**
   * Updates the times of a record and whether its key has a publication. It keeps its turn to be evicted, unless it moves to
   * the share of another group.
   *
   * @param received - the record as it was received again, and from which group; `undefined` for a touch
   * @returns `false`, with nothing changed, when it cannot be published for lack of space
   */
  refresh(slot: number, record: TableRecord, received: Received | undefined, now: bigint): boolean {
    const wasPublished = this.#table.isPublished(slot)
    const isPublished = record.published === true
    if (isPublished && !wasPublished && this.#admit(slot, record, received?.group ?? noGroup, now) === undefined)
      return false
    const share = this.#refreshedShare(slot, received, now)
    const isMoved = share !== this.#groups[slot]
    const isSender =
      received !== undefined && isSentByAuthor(received.record) && !isSentByAuthor(this.#table.view(slot))
    if (isMoved || isSender || wasPublished !== isPublished) {
      this.#unlink(slot)
      this.#table.set(slot, record)
      if (isMoved) this.#setShare(slot, share, now)
      this.#link(slot, record)
      return true
    }
    this.#expiry.delete(slot)
    this.#table.setTimes(slot, record)
    this.#indexExpiry(slot, record)
    return true
  }

  remove(slot: number, now: bigint): void {
    this.#unlink(slot)
    this.#onRemove(this.#table.view(slot), now, this.groupOf(slot))
    this.#forget(slot)
  }

  /** Removes up to `limit` expired records, earliest expiry first, and returns their number. */
  sweep(now: bigint, limit: number): number {
    let swept = 0
    while (swept < limit) {
      const slot = this.#expiry.first
      if (slot < 0 || !this.#table.isExpired(slot, now)) break
      this.remove(slot, now)
      swept++
    }
    return swept
  }

  /** A record that lapses stays while it is published. */
  #indexExpiry(slot: number, { expires, published }: TableRecord): void {
    if (expires !== undefined && published !== true) this.#expiry.add(slot, expires)
  }

  /** Whether more than half of the space is free after a record is added. */
  #hasSpace(record: TableRecord): boolean {
    const { maxRecords, maxBytes } = this.#bounds
    return (this.count + 1) * 2 <= maxRecords && (this.#bytes + sizeOf(record)) * 2 <= maxBytes
  }

  /** The decision to admit a record; `undefined` when it cannot fit. */
  #admit(slot: number, record: TableRecord, group: Uint8Array, now: bigint): PutAdmission | undefined {
    const admission = this.#admission(now)
    const before = this.#content(slot)
    const recordShare = admission.share(before, record, group, false)
    const publication = record.published === true ? publicationOf(record) : undefined
    return admission.admits(before, { record, recordShare, publication }) ? admission : undefined
  }

  #admission(now: bigint): PutAdmission {
    const totals = this.#totals()
    return new PutAdmission({
      bounds: this.#bounds,
      rate: this.#rate,
      totals,
      used: () => totals,
      countOf: (name) => this.#countOfAccount(name),
      now,
      attempt: { admitted: new Set(), mayRemove: true, mayExpire: false }
    })
  }

  #totals(): AccountTotals {
    return {
      records: this.count,
      bytes: this.#bytes,
      marks: 0,
      publications: this.#publishedCount,
      publishedRecords: this.#publishedCount,
      publishedBytes: this.#publishedBytes,
      groups: this.#eviction.groups
    }
  }

  /** @param name - map name of an account: its kind, then the group, author or namespace */
  #countOfAccount(name: string): number {
    if (name[0] === 'g') return this.#eviction.sizeOf(name.slice(1))
    return name[0] === 'a' ? this.#authors.get(name) : (this.#namespaces.get(name)?.count ?? 0)
  }

  /** The entry in a slot, for decisions about it. */
  #content(slot: number): EntryContent {
    if (slot < 0) return noEntry
    const record = this.#table.view(slot)
    return {
      record,
      recordShare: this.#shareOf(slot),
      publication: record.published === true ? publicationOf(record) : undefined
    }
  }

  #shareOf(slot: number): Share {
    return { group: this.groupBytes(slot), since: BigInt(this.#since[slot] as number) }
  }

  #refreshedShare(slot: number, received: Received | undefined, now: bigint): string {
    const held = this.groupOf(slot)
    if (received === undefined || received.groupName === held) return held
    // the sender that counts is that of the received record: the stored one keeps its first sender
    const { record, group } = received
    return mapKey(this.#admission(now).share(this.#content(slot), record, group, true).group)
  }

  #setShare(slot: number, group: string, now: bigint): void {
    if (slot >= this.#since.length) this.#since = growTypedArray(this.#since, slot)
    this.#since[slot] = Number(now)
    this.#groups[slot] = group
  }

  /** Evicts records until a record that can fit does fit. */
  #evictFor(record: TableRecord, group: string, replaced: number, now: bigint): void {
    const { maxRecords, maxBytes, maxRecordsPerNamespace } = this.#bounds
    if (maxRecordsPerNamespace < maxRecords && record.published !== true) {
      const namespace = this.#namespaces.get(mapKey(namespaceAccount(record.key)))
      while (namespace !== undefined && namespace.count >= maxRecordsPerNamespace)
        if (!this.#evict(namespace.next(group), now)) break
    }
    const size = sizeOf(record)
    while (this.count - replaced >= maxRecords) if (!this.#evict(this.#farthest(this.#eviction.next(group)), now)) break
    while (this.#bytes + size > maxBytes)
      if (!this.#evict(this.#farthest(this.#eviction.nextByBytes(group, size)), now)) break
  }

  /** Of the oldest records of the group of a slot, the farthest. */
  #farthest(slot: number): number {
    const { distance } = this.#bounds
    if (distance === undefined || slot < 0) return slot
    let farthest = slot
    let from = distance(this.#table.key(slot))
    let other = slot
    for (let compared = 1; compared < comparedByDistance; compared++) {
      other = this.#eviction.younger(other)
      if (other < 0) break
      const otherFrom = distance(this.#table.key(other))
      if (otherFrom > from) [farthest, from] = [other, otherFrom]
    }
    return farthest
  }

  #evict(slot: number, now: bigint): boolean {
    if (slot < 0) return false
    this.#unlink(slot)
    const stayed = Number(now) - (this.#since[slot] as number)
    if (stayed >= markedAge) this.#onEvict(this.#table.view(slot), now, this.groupOf(slot))
    this.#forget(slot)
    return true
  }

  #forget(slot: number): void {
    this.#sorted.delete()
    this.#table.delete(slot)
  }

  /**
   * Replaces a record that keeps its turn to be evicted.
   *
   * @returns `false`, with nothing changed, when others have to be evicted for it, or when it counts in another way
   */
  #replace(slot: number, record: TableRecord): boolean {
    const before = this.#table.sizeOf(slot)
    const size = sizeOf(record)
    const isPublished = this.#table.isPublished(slot)
    if (isPublished !== (record.published === true) || this.#bytes - before + size > this.#bounds.maxBytes) return false
    const isCounted = this.#isLimited && !isPublished
    if (isCounted) this.#countAuthor(this.#table.view(slot), -1)
    this.#expiry.delete(slot)
    this.#table.set(slot, record)
    this.#indexExpiry(slot, record)
    if (isCounted) this.#countAuthor(record, 1)
    this.#bytes += size - before
    if (isPublished) this.#publishedBytes += size - before
    else this.#eviction.resize(slot, size - before)
    return true
  }

  /** Counts a record against the bounds. */
  #link(slot: number, record: TableRecord): void {
    const size = this.#table.sizeOf(slot)
    this.#bytes += size
    this.#indexExpiry(slot, record)
    if (record.published === true) {
      this.#publishedCount++
      this.#publishedBytes += size
      return
    }
    this.#eviction.add(slot, this.groupOf(slot), size)
    if (this.#isLimited) this.#countAccounts(slot, record, 1)
  }

  #unlink(slot: number): void {
    const size = this.#table.sizeOf(slot)
    this.#bytes -= size
    this.#expiry.delete(slot)
    if (!this.#eviction.delete(slot, size)) {
      this.#publishedCount--
      this.#publishedBytes -= size
    } else if (this.#isLimited) this.#countAccounts(slot, this.#table.view(slot), -1)
  }

  #countAccounts(slot: number, record: TableRecord, difference: 1 | -1): void {
    this.#countAuthor(record, difference)
    const name = mapKey(namespaceAccount(record.key))
    const namespace = this.#namespaces.get(name) ?? new FairEviction(this.#namespaceLinks)
    if (difference > 0) namespace.add(slot, this.groupOf(slot))
    else namespace.delete(slot)
    if (namespace.count > 0) this.#namespaces.set(name, namespace)
    else this.#namespaces.delete(name)
  }

  #countAuthor(record: TableRecord, difference: 1 | -1): void {
    const author = countedAuthor(record)
    if (author !== undefined) this.#authors.change(mapKey(authorAccount(author)), difference)
  }
}

function sizeOf(record: TableRecord): number {
  return record.key.length + record.rank.length + record.value.length
}

/** A publication, for decisions about its record: only that there is one counts. */
function publicationOf({ key }: StoredRecord): Publication {
  return { key, network: true }
}

/** The bytes of a map name. */
function bytesOf(name: string): Uint8Array {
  return Uint8Array.from(name, (unit) => unit.charCodeAt(0))
}
