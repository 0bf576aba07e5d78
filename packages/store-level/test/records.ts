import type { StoredRecord } from '@recordkit/record-store'

export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

/** A record with a rank of one byte. */
export function record(key: string, value: string, rank: number, more: Partial<StoredRecord> = {}): StoredRecord {
  return { key: text(key), value: text(value), rank: Uint8Array.of(rank), timeReceived: 1n, ...more }
}

/** All items of an iteration. */
export async function collect<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of source) items.push(item)
  return items
}
