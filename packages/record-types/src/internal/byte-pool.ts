import { checkBytes } from './check-bytes.ts'

const poolSize = 8192
/** Longer byte strings get an `ArrayBuffer` of their own, so that a long-lived one does not retain a whole pool. */
const pooledSize = 1024

/** Makes copies of bytes; those of up to 1 KiB share an `ArrayBuffer`, which is several times faster than an allocation for each. */
export class BytePool {
  #pool: Uint8Array | undefined
  /** the buffer of `#pool`: reading `#pool.buffer` costs more than copying */
  #buffer: ArrayBuffer | undefined
  #used = 0

  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    if (!(bytes instanceof Uint8Array)) checkBytes(bytes, 'bytes', 0, Number.POSITIVE_INFINITY)
    const { length } = bytes
    if (length > pooledSize || length === 0) return new Uint8Array(bytes)
    // an application that transfers the buffer of a copy leaves a pool of length 0
    if (this.#pool === undefined || this.#used + length > this.#pool.length) {
      this.#buffer = new ArrayBuffer(poolSize)
      this.#pool = new Uint8Array(this.#buffer)
      this.#used = 0
    }
    this.#pool.set(bytes, this.#used)
    const copy = new Uint8Array(this.#buffer as ArrayBuffer, this.#used, length)
    this.#used += length
    return copy
  }
}

const kept = /* @__PURE__ */ new BytePool()

/**
 * Copies bytes that stay inside: what an application does with the bytes that it was given cannot reach them. Never give them to
 * an application; `copyBytes` is for that.
 *
 * @throws RecordError `INVALID_ARGUMENT` for anything else than bytes
 * @example
 * ```ts
 * const ownKey = keptCopy(key)
 * await database.read(ownKey)
 * ```
 */
export function keptCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return kept.copy(bytes)
}
