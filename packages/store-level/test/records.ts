import type { Publication, StoredRecord } from '@recordkit/record-store'
import { rankWithIdentity } from '@recordkit/record-store/internal'

export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

/** A rank of 33 bytes: an order of one byte and an identity of zeros. */
export function rankOf(order: number): Uint8Array {
  return rankWithIdentity(Uint8Array.of(order))
}

/** A record with an order of one byte. */
export function record(key: string, value: string, order: number, more: Partial<StoredRecord> = {}): StoredRecord {
  return { key: text(key), value: text(value), rank: rankOf(order), timeReceived: 1n, ...more }
}

export function publication(key: string, more: Partial<Publication> = {}): Publication {
  return { key: text(key), network: true, ...more }
}

/** All items of an iteration. */
export async function collect<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of source) items.push(item)
  return items
}
