import type { StoredRecord } from '@recordkit/record-store'

export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

/** A record as short as can be said; the rank is one byte. */
export function record(key: string, value: string, rank: number, more: Partial<StoredRecord> = {}): StoredRecord {
  return { key: text(key), value: text(value), rank: Uint8Array.of(rank), timeReceived: 1n, ...more }
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
