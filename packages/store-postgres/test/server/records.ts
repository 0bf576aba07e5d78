import { createHash } from 'node:crypto'
import type { StoredRecord } from '@recordkit/record-store'
import { systemClock } from '@recordkit/record-types'

export const text = (content: string): Uint8Array => new TextEncoder().encode(content)

/** A record whose order is a number. */
export function recordOf(key: string, order: number, more: Partial<StoredRecord> = {}): StoredRecord {
  const value = text(`${key} ${order}`.padEnd(200, '.'))
  const rank = new Uint8Array(40)
  new DataView(rank.buffer).setBigUint64(0, BigInt(order))
  rank.set(createHash('sha256').update(value).digest(), 8)
  return { key: text(key), value, rank, timeReceived: systemClock(), ...more }
}

/** The number in a rank. */
export function orderOf(rank: Uint8Array): number {
  return Number(new DataView(rank.buffer, rank.byteOffset).getBigUint64(0))
}
