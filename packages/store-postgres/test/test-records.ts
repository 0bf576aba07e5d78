import type { StoredRecord } from '@recordkit/record-store'

export const text = (content: string): Uint8Array => new TextEncoder().encode(content)

/** A record whose order is one byte. */
export function record(key: string, order: number): StoredRecord {
  return { key: text(key), value: text('v'), rank: new Uint8Array(33).fill(order, 0, 1), timeReceived: 0n }
}
