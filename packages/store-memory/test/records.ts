import type { StoredRecord } from '@recordkit/record-store'
import { collect } from '@recordkit/record-conformance'
import type { MemoryRecordStore } from '../src/index.ts'

export const second: bigint = 1_000_000_000n

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

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

export async function keys(store: MemoryRecordStore): Promise<string[]> {
  return (await collect(store.iterate())).map(({ key }) => new TextDecoder().decode(key))
}

export async function outcomes(store: MemoryRecordStore, records: readonly StoredRecord[]): Promise<string[]> {
  const found: string[] = []
  for (const each of records) found.push((await store.put(each)).status)
  return found
}
