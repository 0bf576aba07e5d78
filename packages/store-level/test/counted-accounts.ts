import type { AccountSize, AccountTotals, EntryContent, MemberKind, Share } from '@recordkit/record-store'
import { authorAccount, groupAccount, namespaceAccount } from '@recordkit/record-store'
import { toHex } from '@recordkit/record-types/internal'
import { text } from './records.ts'

/** What entries add up to, counted one by one. Names of accounts and groups are in hex, keys are text. */
export interface CountedAccounts {
  readonly totals: AccountTotals
  readonly sizes: ReadonlyMap<string, AccountSize>
  /** by kind and group, the oldest first, and by key at the same time */
  readonly members: Readonly<Record<MemberKind, ReadonlyMap<string, readonly string[]>>>
}

interface Member extends Share {
  readonly key: string
}

export function countAccounts(contents: ReadonlyMap<string, EntryContent>): CountedAccounts {
  const totals = { records: 0, bytes: 0, marks: 0, publications: 0, publishedRecords: 0, publishedBytes: 0, groups: 0 }
  const sizes = new Map<string, { records: number; bytes: number; marks: number }>()
  const members = { records: [] as Member[], marks: [] as Member[] }
  const add = (name: Uint8Array, { records, bytes, marks }: AccountSize): void => {
    const size = sizes.get(toHex(name)) ?? { records: 0, bytes: 0, marks: 0 }
    sizes.set(toHex(name), {
      records: size.records + records,
      bytes: size.bytes + bytes,
      marks: size.marks + marks
    })
  }
  for (const [key, { record, mark, publication, recordShare, markShare }] of contents) {
    const bytes = record === undefined ? 0 : record.key.length + record.value.length + record.rank.length
    const isPublished = publication !== undefined
    if (isPublished) totals.publications++
    if (record !== undefined) {
      totals.records++
      totals.bytes += bytes
      if (isPublished) {
        totals.publishedRecords++
        totals.publishedBytes += bytes
      } else {
        const share = recordShare ?? { group: new Uint8Array(0), since: 0n }
        const size = { records: 1, bytes, marks: 0 }
        add(groupAccount(share.group), size)
        add(namespaceAccount(text(key)), size)
        const { author } = record
        // the only record of its author in its namespace
        const isAuthorInKey = author !== undefined && key.endsWith(new TextDecoder().decode(author))
        if (author !== undefined && !isAuthorInKey) add(authorAccount(author), size)
        members.records.push({ ...share, key })
      }
    }
    if (mark === undefined) continue
    totals.marks++
    if (isPublished) continue
    const share = markShare ?? { group: new Uint8Array(0), since: 0n }
    add(groupAccount(share.group), { records: 0, bytes: 0, marks: 1 })
    members.marks.push({ ...share, key })
  }
  const groupTag = toHex(groupAccount(new Uint8Array(0)))
  totals.groups = [...sizes.keys()].filter((name) => name.startsWith(groupTag)).length
  return { totals, sizes, members: { records: oldestFirst(members.records), marks: oldestFirst(members.marks) } }
}

function oldestFirst(members: readonly Member[]): Map<string, string[]> {
  const sorted = [...members].sort((a, b) => Number(a.since - b.since) || (a.key < b.key ? -1 : 1))
  const groups = new Map<string, string[]>()
  for (const { group, key } of sorted) groups.set(toHex(group), [...(groups.get(toHex(group)) ?? []), key])
  return groups
}
