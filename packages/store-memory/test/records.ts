import type { StoredRecord } from '@recordkit/record-store'
import { collect } from '@recordkit/record-conformance/internal'
import type { MemoryRecordStore } from '../src/index.ts'

/** ns */
export const second: bigint = 1_000_000_000n

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** A record with a short value and rank 1. `from` is its sender, `by` its author. */
export function record(key: string, more: Partial<StoredRecord> & { from?: string; by?: string } = {}): StoredRecord {
  const { from, by, ...rest } = more
  return {
    key: bytes(key),
    value: bytes('v'),
    rank: Uint8Array.of(1),
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
export async function putAll(store: MemoryRecordStore, records: readonly StoredRecord[]): Promise<string[]> {
  const statuses: string[] = []
  for (const each of records) statuses.push((await store.put(each)).status)
  return statuses
}
