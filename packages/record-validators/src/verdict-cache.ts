import type { SignatureVerdict, SignatureVerdicts } from '@recordkit/record-types'
import { sha256 } from '@recordkit/record-crypto'
import { BoundedMap, mapKey } from '@recordkit/record-types/internal'

/**
 * Caches one fact: whether a key verified a signature over some bytes, so that a signature is verified once. Everything else
 * (binding, author policy, time, limits, content) is judged every time. When the cache is full, the entry used longest ago is
 * removed. Also caches which verified values are in normal form, which depends on their bytes alone.
 */
export class VerdictCache implements SignatureVerdicts {
  readonly #entries: BoundedMap<string, SignatureVerdict>
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

  /** A digest of byte strings, each with its length. */
  static digest(...parts: readonly Uint8Array[]): string {
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + 4 + length, 0))
    const view = new DataView(bytes.buffer)
    let offset = 0
    for (const part of parts) {
      view.setUint32(offset, part.length)
      bytes.set(part, offset + 4)
      offset += 4 + part.length
    }
    return mapKey(sha256(bytes))
  }

  /** @param digest - of algorithm, public key, signed bytes and signature */
  get(digest: string): SignatureVerdict | undefined {
    const verdict = this.#entries.get(digest)
    if (verdict === undefined) {
      this.#misses++
      return undefined
    }
    this.#entries.set(digest, verdict)
    this.#hits++
    return verdict
  }

  set(digest: string, verdict: SignatureVerdict): void {
    if (this.enabled) this.#entries.set(digest, verdict)
  }

  /** Whether a verified value is known to be in normal form. */
  isNormal(digest: string): boolean {
    return this.#normal.get(digest) === true
  }

  /** Caches that a verified value is in normal form. */
  setNormal(digest: string): void {
    if (this.enabled) this.#normal.set(digest, true)
  }

  /** Removes all entries. */
  clear(): void {
    this.#entries.clear()
    this.#normal.clear()
  }

  get stats(): { readonly entries: number; readonly hits: number; readonly misses: number } {
    return { entries: this.#entries.size, hits: this.#hits, misses: this.#misses }
  }
}
