import type { Publication, StoredRecord } from '@recordkit/record-store'
import { collect } from '@recordkit/record-conformance/internal'
import type { MemoryRecordStore } from '../src/index.ts'

/** ns */
export const second: bigint = 1_000_000_000n

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** An order of one byte, then an identity that is derived from the value. */
export function rankOf(order: number, value: Uint8Array = bytes('v')): Uint8Array {
  const rank = new Uint8Array(33)
  rank[0] = order
  new DataView(rank.buffer).setUint32(1, value.length)
  rank.set(value.subarray(0, 28), 5)
  return rank
}

/** A record with a short value and order 1. `from` is its sender, `by` its author. */
export function record(
  key: string,
  more: Partial<StoredRecord> & { from?: string; by?: string; order?: number } = {}
): StoredRecord {
  const { from, by, order = 1, value = bytes('v'), ...rest } = more
  return {
    key: bytes(key),
    value,
    rank: rankOf(order, value),
    timeReceived: second,
    ...(from === undefined ? {} : { sender: bytes(from) }),
    ...(by === undefined ? {} : { author: bytes(by) }),
    ...rest
  }
}

/** The keys of all records, in order. */
export async function keys(store: MemoryRecordStore): Promise<string[]> {
  return (await collect(store.iterate())).map(({ key }) => new TextDecoder().decode(key))
}

/** Puts records one after another and returns the status of each. */
export async function putAll(store: MemoryRecordStore, records: readonly TestRecord[]): Promise<string[]> {
  const statuses: string[] = []
  for (const { published, ...each } of records)
    statuses.push((await store.put(each, published === true ? publicationOf(each.key) : {})).status)
  return statuses
}

/** A record, and whether it is put with a publication. */
export interface TestRecord extends StoredRecord {
  readonly published?: boolean
}

/** A record that is put with a publication. */
export function published(...parameters: Parameters<typeof record>): TestRecord {
  return { ...record(...parameters), published: true }
}

/** The option to put a record with a publication of its key. */
export function publicationOf(key: Uint8Array): { readonly publication: Publication } {
  return { publication: { key, network: true } }
}
