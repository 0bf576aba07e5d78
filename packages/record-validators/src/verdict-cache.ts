import { mapKey } from '@recordkit/record-types'
import type { Verdict } from '@recordkit/record-types'
import { sha256 } from '@recordkit/record-crypto'

/** How many verdicts are remembered by default: some 200 bytes each. */
const defaultEntries = 4096

/**
 * Remembers what was proven of bytes, by a digest of key and value, so that one signature is verified once. Bounded:
 * the entry not asked for longest goes first. Only what time and key book cannot change is kept: `reject` for good,
 * `accept` until its record expires.
 */
export class VerdictCache {
  readonly #entries = new Map<string, Verdict>()
  readonly #maximum: number
  /** goes on from one eviction to the next: a new one would first pass over all that has gone before */
  #oldest: Iterator<string, undefined> = this.#entries.keys()
  #hits = 0
  #misses = 0

  constructor(maximum: number = defaultEntries) {
    this.#maximum = maximum
  }

  /** Whether anything is: not with room for none. */
  get remembers(): boolean {
    return this.#maximum > 0
  }

  /** The digest a verdict is remembered by: the key's length keeps key and value apart. */
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
    this.#entries.delete(digest)
    if (verdict.verdict === 'accept' && verdict.until !== undefined && verdict.until < now) {
      this.#misses++
      return undefined
    }
    this.#entries.set(digest, verdict)
    this.#hits++
    return verdict
  }

  set(digest: string, verdict: Verdict): void {
    if (verdict.verdict === 'ignore' || this.#maximum === 0) return
    this.#entries.delete(digest)
    if (this.#entries.size >= this.#maximum) {
      this.#evict()
    }
    this.#entries.set(digest, verdict)
  }

  #evict(): void {
    let step = this.#oldest.next()
    if (step.done === true) {
      this.#oldest = this.#entries.keys()
      step = this.#oldest.next()
    }
    if (step.done !== true) this.#entries.delete(step.value)
  }

  /** Forgets everything: for an application that changes who may write while running. */
  clear(): void {
    this.#entries.clear()
  }

  get stats(): { readonly entries: number; readonly hits: number; readonly misses: number } {
    return { entries: this.#entries.size, hits: this.#hits, misses: this.#misses }
  }
}
