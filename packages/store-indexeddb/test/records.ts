import type { StoredRecord } from '@recordkit/record-store'

export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

/** A record with an order of one byte, and its value as identity. */
export function record(key: string, value: string, order: number, more: Partial<StoredRecord> = {}): StoredRecord {
  const rank = new Uint8Array(33)
  rank[0] = order
  rank.set(text(value).subarray(0, 32), 1)
  return { key: text(key), value: text(value), rank, timeReceived: 1n, ...more }
}
