import type { StoredRecord } from '@recordkit/record-store'

export const text = (content: string): Uint8Array => new TextEncoder().encode(content)

/** A rank: an order of one byte, then an identity made of a text. */
export function rank(order: number, identity = ''): Uint8Array {
  const bytes = new Uint8Array(33)
  bytes[0] = order
  bytes.set(text(identity).subarray(0, 32), 1)
  return bytes
}

/** ns; noon of 1 January 2026 */
export const startTime = 1_767_268_800_000_000_000n

/** A record whose identity is its value. */
export function record(key: string, value: string, order: number, more: Partial<StoredRecord> = {}): StoredRecord {
  return { key: text(key), value: text(value), rank: rank(order, value), timeReceived: startTime, ...more }
}
