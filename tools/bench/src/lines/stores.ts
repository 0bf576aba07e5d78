import type { StoredRecord } from '@recordkit/record-store'
import { Key } from 'interface-datastore/key'
import { base32 } from 'multiformats/bases/base32'

const now = BigInt(Date.now()) * 1_000_000n
const bytes = new TextEncoder()

/**
 * A record of about 300 bytes that expires.
 *
 * @param size - bytes of its value
 */
export function recordOf(number: number, size: number = 256): StoredRecord {
  return {
    key: bytes.encode(`/config/benchmark/${String(number).padStart(12, '0')}`),
    value: new Uint8Array(size).fill(number & 255),
    rank: new Uint8Array(49).fill(number & 127),
    timeReceived: now,
    expires: now + BigInt(number % 100_000) * 1_000_000_000n + 10n ** 15n
  }
}

/** Sizes from 200 B to 10 KiB, most of them small, in an order without a pattern. */
export function mixedSize(number: number): number {
  const part = (Math.imul(number + 1, 0x9e3779b1) >>> 0) / 2 ** 32
  return Math.floor(200 * (10_240 / 200) ** (part * part))
}

/** The datastore key of a record, as the kad-dht of js-libp2p creates it at every put and get. */
export function datastoreKey(key: Uint8Array): Key {
  return new Key(`/dht/record/${base32.encode(key).slice(1)}`, false)
}
