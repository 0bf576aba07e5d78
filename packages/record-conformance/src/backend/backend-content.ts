import type { EntryContent, EntryKind, ScanRange, StoreBackend } from '@recordkit/record-store'
import { same } from '../assert.ts'
import { publicationOf, rankOf, record, startTime, text } from '../store/store-case.ts'
import { contentOf, keyOf, readOne, scanAll } from './backend-case.ts'

export const kinds: readonly EntryKind[] = ['records', 'marks', 'publications']
/** 2^64 - 1, as a literal: bundlers keep computed bigints */
export const latest = 18_446_744_073_709_551_615n

export function numbered(index: number): Uint8Array {
  return text(`/k/${String(index).padStart(5, '0')}`)
}

/** An entry with all parts and fields. */
export function fullContent(key: Uint8Array): EntryContent {
  const value = Uint8Array.of(0, 255, 128)
  return {
    record: record(key, value, Uint8Array.of(0, 0, 7), {
      timeReceived: latest,
      expires: 2n ** 63n,
      author: Uint8Array.of(0, 36, 8, 1),
      sender: Uint8Array.of(18, 32, 5)
    }),
    mark: { key, rank: rankOf(Uint8Array.of(0, 0, 9), 'mark'), until: latest - 1n },
    publication: publicationOf(key, {
      signer: Uint8Array.of(0, 36, 8, 2),
      lifetime: 2n ** 63n + 1n,
      ttl: 0n,
      options: Uint8Array.of(0, 255),
      network: false,
      published: latest
    }),
    recordShare: { group: Uint8Array.of(52, 10, 0, 255), since: latest - 2n },
    markShare: { group: new Uint8Array(0), since: 2n ** 63n + 2n }
  }
}

export function markOf(key: Uint8Array, until: bigint = startTime): EntryContent {
  return { mark: { key, rank: rankOf(1, 'mark'), until } }
}

export async function checkContent(
  backend: StoreBackend,
  key: Uint8Array,
  expected: EntryContent,
  what: string
): Promise<void> {
  same(contentOf(await readOne(backend, key)), expected, what)
}

/** The keys of a scan as text. */
export async function scannedKeys(backend: StoreBackend, kind: EntryKind, range: ScanRange = {}): Promise<string[]> {
  return (await scanAll(backend, kind, range)).map((entry) => new TextDecoder().decode(keyOf(entry)))
}

export async function dueKeys(backend: StoreBackend, now: bigint, limit: number): Promise<string[]> {
  return [...(await backend.expired(now, limit))].map((key) => new TextDecoder().decode(key))
}
