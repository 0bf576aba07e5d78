import { equalBytes } from '@recordkit/record-types'
import { mapKey, sameBytes } from '@recordkit/record-types/internal'
import type { AccountTotals } from './accounts.ts'
import { authorAccount, countedAuthor, groupAccount, namespaceAccount, recordSize } from './accounts.ts'
import type { AdmissionRate } from './admission-rate.ts'
import type { EntryContent, Share } from './backend.ts'
import type { CheckedBounds } from './bounds.ts'
import { isSentByAuthor } from './put-rule.ts'
import { noGroup, noShare } from './share.ts'
import type { StoredRecord } from './store.ts'

/** What a call adds to a store that has no space for it: other records have to be removed. */
export interface NeededSpace {
  readonly records: number
  readonly bytes: number
  /** whether a record was refused that may fit when expired records are removed */
  readonly isRefused: boolean
  /** what is added to each group */
  readonly groups: readonly (Growth & { readonly group: Uint8Array })[]
  /** the account of a namespace that is full, and how many records are added to it */
  readonly namespace: { readonly name: Uint8Array; readonly records: number } | undefined
}

const noNames: readonly Uint8Array[] = /* @__PURE__ */ Object.freeze([])

/** Names of the accounts whose sizes decide whether a record is admitted, or where it is counted. */
export function neededAccounts(
  before: EntryContent,
  record: StoredRecord,
  group: Uint8Array,
  totals: AccountTotals,
  bounds: CheckedBounds
): readonly Uint8Array[] {
  const { maxRecords, maxRecordsPerAuthor, maxRecordsPerGroup, maxRecordsPerNamespace } = bounds
  const held = before.record === undefined ? undefined : before.recordShare?.group
  const isMoved = held !== undefined && !equalBytes(held, group)
  const isLimited = group.length > 0 && (maxRecordsPerGroup < maxRecords || isHalfFull(totals, maxRecords))
  if (!isMoved && !isLimited && maxRecordsPerAuthor >= maxRecords && maxRecordsPerNamespace >= maxRecords)
    return noNames
  const names: Uint8Array[] = []
  if (isMoved || isLimited) names.push(groupAccount(group))
  if (isMoved) names.push(groupAccount(held))
  const author = maxRecordsPerAuthor < maxRecords ? countedAuthor(record) : undefined
  if (author !== undefined) names.push(authorAccount(author))
  if (maxRecordsPerNamespace < maxRecords) names.push(namespaceAccount(record.key))
  return names
}

/** Whether less than half of a store is free. */
function isHalfFull({ records }: Pick<AccountTotals, 'records'>, maxRecords: number): boolean {
  return (maxRecords - records) * 2 < maxRecords
}

/** By how much a call makes a store larger. */
export interface Growth {
  readonly records: number
  readonly bytes: number
}

/** The same, with the part of it that is published. */
export interface PublishedGrowth extends Growth {
  readonly publishedRecords: number
  readonly publishedBytes: number
}

/** The same, with the number of records that are added to each account, by map name. */
export interface CountedGrowth extends PublishedGrowth {
  readonly accounts: ReadonlyMap<string, number>
}

const noAccounts: ReadonlyMap<string, number> = /* @__PURE__ */ new Map()

/** What was found out in earlier attempts of a call. */
export interface Attempt {
  /** map names of keys that the rate admitted */
  readonly admitted: Set<string>
  /** whether other records may be removed: what does not fit is admitted, and {@link PutAdmission.needed} tells so */
  readonly mayRemove: boolean
  /** whether expired records may be left: then nothing is refused for good, and {@link PutAdmission.needed} tells so */
  readonly mayExpire: boolean
}

/** Decides, during one attempt of a call, whether its records fit into a store. */
export class PutAdmission {
  readonly #bounds: CheckedBounds
  readonly #rate: AdmissionRate
  readonly #totals: AccountTotals
  readonly #readUsed: () => PublishedGrowth
  readonly #countOfAccount: (mapName: string) => number
  readonly #now: bigint
  readonly #attempt: Attempt
  #usedNow: PublishedGrowth | undefined
  #added: Map<string, number> | undefined
  /** what each admitted record adds to its group */
  readonly #growing: (Growth & { readonly group: Uint8Array })[] = []
  #needed: { readonly space: NeededSpace | undefined } | undefined
  #isRefused = false
  /** all records that were admitted, also those that replace others */
  #keptRecords = 0
  #keptBytes = 0
  #records = 0
  #bytes = 0
  #publishedRecords = 0
  #publishedBytes = 0
  #fullNamespace: Uint8Array | undefined

  /**
   * @param totals - what the store contained when it was asked
   * @param used - returns what it contains now, with what other calls are about to write; called when the first record is decided
   * @param countOf - records of one of {@link neededAccounts} by map name, with what other calls are about to write
   */
  constructor(options: {
    readonly bounds: CheckedBounds
    readonly rate: AdmissionRate
    readonly totals: AccountTotals
    readonly used: () => PublishedGrowth
    readonly countOf: (mapName: string) => number
    readonly now: bigint
    readonly attempt: Attempt
  }) {
    this.#bounds = options.bounds
    this.#rate = options.rate
    this.#totals = options.totals
    this.#readUsed = options.used
    this.#countOfAccount = options.countOf
    this.#now = options.now
    this.#attempt = options.attempt
  }

  /** Read once: nothing else runs from the first decision to the last. */
  get #used(): PublishedGrowth {
    return (this.#usedNow ??= this.#readUsed())
  }

  /** By how much the admitted records make the store larger. */
  get growth(): CountedGrowth {
    return {
      records: this.#records,
      bytes: this.#bytes,
      publishedRecords: this.#publishedRecords,
      publishedBytes: this.#publishedBytes,
      accounts: this.#added ?? noAccounts
    }
  }

  /** What the admitted records need, if other records have to be removed for it: decided once, when nothing more is admitted. */
  get needed(): NeededSpace | undefined {
    this.#needed ??= { space: this.#findNeeded() }
    return this.#needed.space
  }

  #findNeeded(): NeededSpace | undefined {
    const { maxRecords, maxBytes } = this.#bounds
    const used = this.#used
    const isFull =
      (this.#records > 0 && used.records + this.#records > maxRecords) ||
      (this.#bytes > 0 && used.bytes + this.#bytes > maxBytes)
    if (!isFull && !this.#isRefused && this.#fullNamespace === undefined) return undefined
    const name = this.#fullNamespace
    const namespace = name && { name, records: this.#added?.get(mapKey(name)) ?? 0 }
    const groups = sumsByGroup(this.#growing)
    return { records: this.#records, bytes: this.#bytes, isRefused: this.#isRefused, groups, namespace }
  }

  /** The share of a record that is stored or refreshed. */
  share(before: EntryContent, record: StoredRecord, group: Uint8Array, isRefreshed: boolean): Share {
    const { record: held, recordShare = noShare } = before
    const moved = { group, since: this.#now }
    if (held === undefined) return moved
    if (equalBytes(recordShare.group, group)) return recordShare
    const isSameAuthor = isRefreshed || sameBytes(held.author, record.author)
    if (isSentByAuthor(record) || !isSameAuthor) return moved
    // no relay takes a record from the share of its author
    if (isRefreshed && isSentByAuthor(held)) return recordShare
    // a relay cannot draw the record of another author into a large share, which loses its records first
    return this.#countOf(groupAccount(group)) < this.#countOf(groupAccount(recordShare.group)) ? moved : recordShare
  }

  /** Whether a change of an entry by a put or touch is allowed. Counts it if so. */
  admits(before: EntryContent, after: EntryContent): boolean {
    const isAdmitted = this.#admits(before, after)
    if (!isAdmitted && this.#attempt.mayExpire) this.#isRefused = true
    return isAdmitted
  }

  #admits(before: EntryContent, after: EntryContent): boolean {
    const { record, publication } = after
    if (record === undefined) return true
    const records = before.record === undefined ? 1 : 0
    const bytes = recordSize(record) - (before.record === undefined ? 0 : recordSize(before.record))
    const isPublished = publication !== undefined
    const wasPublished = before.record !== undefined && before.publication !== undefined
    const publishedRecords = isPublished && !wasPublished ? 1 : 0
    const publishedBytes = isPublished ? recordSize(record) - (wasPublished ? recordSize(before.record) : 0) : 0
    const fits = isPublished ? this.#fitsPublished(publishedRecords, publishedBytes) : this.#fitsAccounts(before, after)
    if (!fits) return false
    const { maxRecords, maxBytes } = this.#bounds
    const used = this.#used
    const isFull =
      (records > 0 && used.records + this.#records + records > maxRecords) ||
      (bytes > 0 && used.bytes + this.#bytes + bytes > maxBytes)
    // what of it is not counted as published yet
    const keptRecords = wasPublished ? 0 : 1
    const keptBytes = wasPublished ? bytes : recordSize(record)
    if (isFull && !this.#canRemove(keptRecords, keptBytes)) return false
    this.#keptRecords += keptRecords
    this.#keptBytes += keptBytes
    this.#records += records
    this.#bytes += bytes
    this.#publishedRecords += publishedRecords
    this.#publishedBytes += publishedBytes
    if (!isPublished) this.#growing.push({ group: after.recordShare?.group ?? noGroup, records, bytes })
    return true
  }

  /** Whether a record fits when only what is published and what this call puts is left. */
  #canRemove(records: number, bytes: number): boolean {
    if (!this.#attempt.mayRemove) return false
    const { maxRecords, maxBytes } = this.#bounds
    const { publishedRecords, publishedBytes } = this.#used
    return (
      publishedRecords + this.#keptRecords + records <= maxRecords &&
      publishedBytes + this.#keptBytes + bytes <= maxBytes
    )
  }

  /** Published records may use nine tenths of the space. */
  #fitsPublished(records: number, bytes: number): boolean {
    const { maxRecords, maxBytes } = this.#bounds
    const { publishedRecords, publishedBytes } = this.#used
    return (
      (records <= 0 || (publishedRecords + this.#publishedRecords + records) * 10 <= maxRecords * 9) &&
      (bytes <= 0 || (publishedBytes + this.#publishedBytes + bytes) * 10 <= maxBytes * 9)
    )
  }

  #fitsAccounts(before: EntryContent, after: EntryContent): boolean {
    const { maxRecords, maxRecordsPerAuthor, maxRecordsPerGroup, maxRecordsPerNamespace } = this.#bounds
    const record = after.record as StoredRecord
    const group = after.recordShare?.group ?? noGroup
    const isLimited = maxRecordsPerAuthor < maxRecords || maxRecordsPerNamespace < maxRecords
    if (group.length === 0 && !isLimited) return true
    const counted = before.record !== undefined && before.publication === undefined ? before : undefined
    const names: [Uint8Array, number, boolean][] = []
    if (group.length > 0 && !(counted !== undefined && sameBytes(counted.recordShare?.group, group)))
      names.push([groupAccount(group), maxRecordsPerGroup, false])
    const author = maxRecordsPerAuthor < maxRecords ? countedAuthor(record) : undefined
    if (author !== undefined && !(counted?.record !== undefined && sameBytes(counted.record.author, author)))
      names.push([authorAccount(author), maxRecordsPerAuthor, false])
    if (maxRecordsPerNamespace < maxRecords && counted === undefined)
      names.push([namespaceAccount(record.key), maxRecordsPerNamespace, true])
    let fullNamespace: Uint8Array | undefined
    for (const [name, most, isNamespace] of names) {
      if (this.#countOf(name) < most) continue
      if (!isNamespace || !this.#attempt.mayRemove || most === 0) return false
      fullNamespace = name
    }
    if (before.record === undefined && group.length > 0 && !this.#isInTime(record.key, group)) return false
    if (fullNamespace !== undefined) this.#fullNamespace = fullNamespace
    for (const [name] of names) {
      this.#added ??= new Map()
      this.#added.set(mapKey(name), (this.#added.get(mapKey(name)) ?? 0) + 1)
    }
    return true
  }

  /**
   * Whether a group may add a new key now. A group with less than its fair share of the store may always: it takes the space
   * of larger ones. While less than half of the store is free, the others wait.
   */
  #isInTime(key: Uint8Array, group: Uint8Array): boolean {
    const { maxRecords } = this.#bounds
    const free = maxRecords - this.#used.records - this.#records
    if (!isHalfFull({ records: maxRecords - free }, maxRecords) || !isHalfFull(this.#totals, maxRecords)) return true
    if (this.#countOf(groupAccount(group)) < maxRecords / Math.max(2, this.#totals.groups)) return true
    const name = mapKey(key)
    if (!this.#attempt.admitted.has(name) && !this.#rate.take(mapKey(group), Math.max(0, free), this.#now)) return false
    this.#attempt.admitted.add(name)
    return true
  }

  /** Number of records that count towards an account. */
  #countOf(name: Uint8Array): number {
    const mapName = mapKey(name)
    return this.#countOfAccount(mapName) + (this.#added?.get(mapName) ?? 0)
  }
}

function sumsByGroup(growing: NeededSpace['groups']): NeededSpace['groups'] {
  const sums = new Map<string, { readonly group: Uint8Array; records: number; bytes: number }>()
  for (const { group, records, bytes } of growing) {
    const name = mapKey(group)
    const sum = sums.get(name) ?? { group, records: 0, bytes: 0 }
    sum.records += records
    sum.bytes += bytes
    sums.set(name, sum)
  }
  return [...sums.values()]
}
