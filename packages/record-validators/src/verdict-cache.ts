import type { Verdict } from '@recordkit/record-types'
import { sha256 } from '@recordkit/record-crypto'
import { BoundedMap, mapKey } from '@recordkit/record-types/internal'

/**
 * Caches verdicts by a digest of key and value, so that a signature is verified once. When the cache is full, the entry
 * used longest ago is removed. Only what time and key book cannot change is cached: `reject` without a time limit, `accept`
 * until the record expires.
 */
export class VerdictCache {
  readonly #entries: BoundedMap<string, Verdict>
  readonly #normal: BoundedMap<string, true>
  readonly #maximum: number
  #hits = 0
  #misses = 0

  /** @param maximum - number of cached verdicts; 0 disables the cache */
  constructor(maximum: number) {
    this.#maximum = maximum
    this.#entries = new BoundedMap(maximum)
    this.#normal = new BoundedMap(maximum)
  }

  /** Whether anything is cached at all. */
  get enabled(): boolean {
    return this.#maximum > 0
  }

  /** The cache key of a record. The length of the record key separates key and value. */
  static digest(key: Uint8Array, value: Uint8Array): string {
    const bytes = new Uint8Array(4 + key.length + value.length)
    new DataView(bytes.buffer).setUint32(0, key.length)
    bytes.set(key, 4)
    bytes.set(value, 4 + key.length)
    return mapKey(sha256(bytes))
  }

  get(digest: string, now: bigint): Verdict | undefined {
    const verdict = this.#entries.get(digest)
    if (verdict === undefined) {
      this.#misses++
      return undefined
    }
    if (verdict.status === 'accept' && verdict.until !== undefined && verdict.until < now) {
      this.#entries.delete(digest)
      this.#misses++
      return undefined
    }
    this.#entries.set(digest, verdict)
    this.#hits++
    return verdict
  }

  set(digest: string, verdict: Verdict): void {
    if (verdict.status === 'ignore' || !this.enabled) return
    // the cause of a refusal can contain the content
    this.#entries.set(digest, 'cause' in verdict ? { ...verdict, cause: undefined } : verdict)
  }

  /** Whether a verified value is known to be in normal form. */
  isNormal(digest: string): boolean {
    return this.#normal.get(digest) === true
  }

  /** Caches that a verified value is in normal form. */
  setNormal(digest: string): void {
    if (this.enabled) this.#normal.set(digest, true)
  }

  /** Removes all entries. Call it when the application changes who may write. */
  clear(): void {
    this.#entries.clear()
    this.#normal.clear()
  }

  get stats(): { readonly entries: number; readonly hits: number; readonly misses: number } {
    return { entries: this.#entries.size, hits: this.#hits, misses: this.#misses }
  }
}
