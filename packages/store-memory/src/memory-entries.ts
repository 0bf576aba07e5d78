import type { CheckedRange, StoredRecord } from '@recordkit/record-types'
import { checkedLimit, mapKey } from '@recordkit/record-types'
import { Chunks } from './chunks.ts'
import { ExpiryHeap } from './expiry-heap.ts'
import { FairShares } from './fair-shares.ts'
import { MemoryEntry } from './memory-entry.ts'
import { SortedView } from './sorted-view.ts'

/** How much is kept. Expired records go before anything is refused or evicted. */
export interface MemoryQuotas {
  /** records kept at the most; 65,536 when absent. When it is full, the oldest record of the largest sender goes. */
  readonly maxRecords?: number
  /** bytes of keys, values and ranks at the most; 64 MiB when absent. When it is full, as above. */
  readonly maxBytes?: number
  /** records of one namespace (what stands between the first two slashes of a key); as above, within the namespace */
  readonly perNamespace?: number
  /** records by one author; one more is refused with `quota` */
  readonly perAuthor?: number
  /** records from one sender; one more is refused with `quota` */
  readonly perSender?: number
}

interface NamespaceGroup {
  local: number
  readonly shares: FairShares<MemoryEntry>
}

/** The records of a memory store, with all that bounds them. Knows nothing of ranks and marks. */
export class MemoryEntries {
  readonly maxRecords: number
  readonly maxBytes: number
  readonly #perNamespace: number
  readonly #perAuthor: number
  readonly #perSender: number
  readonly #leave: (record: StoredRecord, now: bigint) => void
  readonly #entries: Map<string, MemoryEntry> = new Map()
  readonly #expiry: ExpiryHeap<MemoryEntry> = new ExpiryHeap()
  readonly #sorted: SortedView<MemoryEntry> = new SortedView()
  readonly #shares: FairShares<MemoryEntry> = new FairShares()
  readonly #namespaces: Map<string, NamespaceGroup> = new Map()
  readonly #authors: Map<string, number> = new Map()
  readonly #chunks: Chunks = new Chunks()
  #count = 0
  #bytes = 0
  #localCount = 0
  #localBytes = 0

  /** @param leave - told of each record that leaves */
  constructor(quotas: MemoryQuotas, leave: (record: StoredRecord, now: bigint) => void) {
    this.maxRecords = checkedLimit(quotas.maxRecords ?? 65_536)
    this.maxBytes = checkedLimit(quotas.maxBytes ?? 64 * 1024 * 1024)
    this.#perNamespace = checkedLimit(quotas.perNamespace)
    this.#perAuthor = checkedLimit(quotas.perAuthor)
    this.#perSender = checkedLimit(quotas.perSender)
    this.#leave = leave
  }

  get count(): number {
    return this.#entries.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(id: string): MemoryEntry | undefined {
    return this.#entries.get(id)
  }

  within(range: CheckedRange): Iterable<MemoryEntry> {
    return this.#sorted.items(range, () => this.#entries.values())
  }

  /** Stores a record, in place of one with the same key, and makes room for it; `false`, and nothing changed, if there is none. */
  put(id: string, record: StoredRecord, now: bigint): boolean {
    let held = this.#entries.get(id)
    if (!this.#fits(id, record, held)) {
      this.sweep(now, Number.POSITIVE_INFINITY)
      // it may have been one of those that had expired
      held = this.#entries.get(id)
      if (!this.#mayFit(id, record, held)) return false
    }
    if (held === undefined) {
      this.#makeRoom(record, now)
      const entry = new MemoryEntry(id, record, this.#chunks)
      this.#entries.set(id, entry)
      this.#sorted.add(entry)
      this.#link(entry, record)
    } else {
      this.#unlink(held, held.view())
      this.#makeRoom(record, now)
      held.set(record, this.#chunks)
      this.#link(held, record)
    }
    if (this.#chunks.wasteful) this.#compact()
    return true
  }

  /** Moves the times of a record and marks it local: it keeps its places. */
  replace(entry: MemoryEntry, record: StoredRecord): void {
    if (entry.local !== (record.local === true)) {
      this.#unlink(entry, entry.view())
      entry.set(record, this.#chunks)
      this.#link(entry, record)
      return
    }
    this.#expiry.delete(entry)
    entry.setTimes(record.timeReceived, record.expires)
    if (entry.perishes) this.#expiry.add(entry)
  }

  remove(entry: MemoryEntry, now: bigint): void {
    const record = entry.view()
    this.#unlink(entry, record)
    this.#entries.delete(entry.id)
    entry.gone = true
    this.#leave(record, now)
    entry.free(this.#chunks)
  }

  /** Takes out what has expired, the earliest first; answers how many went. */
  sweep(now: bigint, limit: number): number {
    let swept = 0
    while (swept < limit) {
      const entry = this.#expiry.first
      if (entry === undefined || entry.until >= now) break
      this.remove(entry, now)
      swept++
    }
    return swept
  }

  clear(): void {
    this.#entries.clear()
    this.#expiry.clear()
    this.#sorted.clear()
    this.#namespaces.clear()
    this.#authors.clear()
    this.#chunks.clear()
  }

  /** Moves everything together. */
  #compact(): void {
    this.#chunks.clear()
    for (const entry of this.#entries.values()) entry.move(this.#chunks)
  }

  /** Whether it can be stored as things are. */
  #fits(id: string, record: StoredRecord, held: MemoryEntry | undefined): boolean {
    const before = held === undefined ? 0 : 1
    return (
      this.#count - before < this.maxRecords &&
      this.#bytes - (held?.size ?? 0) + sizeOf(record) <= this.maxBytes &&
      this.#sizeOfNamespace(id) - before < this.#perNamespace &&
      this.#hasShare(held, record)
    )
  }

  /** Whether it can be stored when all that may be evicted is. */
  #mayFit(id: string, record: StoredRecord, held: MemoryEntry | undefined): boolean {
    const before = held?.local === true ? 1 : 0
    return (
      this.#localCount - before < this.maxRecords &&
      this.#localBytes - (held?.local === true ? held.size : 0) + sizeOf(record) <= this.maxBytes &&
      (this.#namespaces.get(namespaceOf(id))?.local ?? 0) - before < this.#perNamespace &&
      this.#hasShare(held, record)
    )
  }

  #sizeOfNamespace(id: string): number {
    if (this.#perNamespace === Number.POSITIVE_INFINITY) return 0
    const group = this.#namespaces.get(namespaceOf(id))
    return group === undefined ? 0 : group.local + group.shares.count
  }

  /** Whether author and sender are allowed one more, not counting the record in whose place it comes. */
  #hasShare(entry: MemoryEntry | undefined, record: StoredRecord): boolean {
    if (this.#perAuthor === Number.POSITIVE_INFINITY && this.#perSender === Number.POSITIVE_INFINITY) return true
    const held = entry?.view()
    if (record.author !== undefined && this.#perAuthor !== Number.POSITIVE_INFINITY) {
      const author = mapKey(record.author)
      const own = held?.author !== undefined && mapKey(held.author) === author ? 1 : 0
      if ((this.#authors.get(author) ?? 0) - own >= this.#perAuthor) return false
    }
    if (record.sender === undefined || record.local === true) return true
    const sender = mapKey(record.sender)
    const own = held?.sender !== undefined && held.local !== true && mapKey(held.sender) === sender ? 1 : 0
    return this.#shares.sizeOf(sender) - own < this.#perSender
  }

  /** Evicts until one more record, which may fit, does. */
  #makeRoom(record: StoredRecord, now: bigint): void {
    const bounded = this.#perNamespace !== Number.POSITIVE_INFINITY
    const group = bounded ? this.#namespaces.get(namespaceOf(mapKey(record.key))) : undefined
    while (group !== undefined && group.local + group.shares.count >= this.#perNamespace) {
      if (!this.#evict(group.shares.next, now)) break
    }
    const size = sizeOf(record)
    while (this.#count >= this.maxRecords || this.#bytes + size > this.maxBytes) {
      if (!this.#evict(this.#shares.next, now)) break
    }
  }

  #evict(entry: MemoryEntry | undefined, now: bigint): boolean {
    if (entry === undefined) return false
    this.remove(entry, now)
    return true
  }

  #link(entry: MemoryEntry, record: StoredRecord): void {
    const size = entry.size
    this.#count++
    this.#bytes += size
    if (entry.perishes) this.#expiry.add(entry)
    const sender = record.sender === undefined ? '' : mapKey(record.sender)
    if (entry.local) {
      this.#localCount++
      this.#localBytes += size
    } else {
      entry.place = this.#shares.add(entry, sender)
    }
    if (record.author !== undefined && this.#perAuthor !== Number.POSITIVE_INFINITY) {
      const author = mapKey(record.author)
      this.#authors.set(author, (this.#authors.get(author) ?? 0) + 1)
    }
    if (this.#perNamespace === Number.POSITIVE_INFINITY) return
    const namespace = namespaceOf(entry.id)
    let group = this.#namespaces.get(namespace)
    if (group === undefined) {
      group = { local: 0, shares: new FairShares() }
      this.#namespaces.set(namespace, group)
    }
    if (entry.local) group.local++
    else entry.namespacePlace = group.shares.add(entry, sender)
  }

  #unlink(entry: MemoryEntry, record: StoredRecord): void {
    const size = entry.size
    this.#count--
    this.#bytes -= size
    this.#expiry.delete(entry)
    if (entry.place === undefined) {
      this.#localCount--
      this.#localBytes -= size
    } else {
      this.#shares.delete(entry.place)
      entry.place = undefined
    }
    if (record.author !== undefined && this.#perAuthor !== Number.POSITIVE_INFINITY) {
      const author = mapKey(record.author)
      const left = (this.#authors.get(author) ?? 1) - 1
      if (left > 0) this.#authors.set(author, left)
      else this.#authors.delete(author)
    }
    if (this.#perNamespace === Number.POSITIVE_INFINITY) return
    const namespace = namespaceOf(entry.id)
    const group = this.#namespaces.get(namespace)
    if (group === undefined) return
    if (entry.namespacePlace === undefined) {
      group.local--
    } else {
      group.shares.delete(entry.namespacePlace)
      entry.namespacePlace = undefined
    }
    if (group.local + group.shares.count === 0) this.#namespaces.delete(namespace)
  }
}

function sizeOf(record: StoredRecord): number {
  return record.key.length + record.rank.length + record.value.length
}

/** What stands between the first two slashes of a key; empty for a key that does not begin with one. */
function namespaceOf(id: string): string {
  if (!id.startsWith('/')) return ''
  const end = id.indexOf('/', 1)
  return end < 0 ? id.slice(1) : id.slice(1, end)
}
