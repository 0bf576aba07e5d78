const poolSize = 8192
/** Longer byte strings get an `ArrayBuffer` of their own, so that a long-lived one does not retain a whole pool. */
const pooledSize = 1024

/**
 * Copies of up to 1 KiB that share an `ArrayBuffer`, as Node's small buffers do: that is several times faster than an allocation
 * for each. A copy whose buffer is transferred takes the bytes of the others with it.
 */
class BytePool {
  #pool: Uint8Array | undefined
  /** the buffer of `#pool`: reading `#pool.buffer` costs more than copying */
  #buffer: ArrayBuffer | undefined
  #used = 0

  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const { length } = bytes
    if (length > pooledSize || length === 0) return new Uint8Array(bytes)
    // a pool that was transferred has the length 0
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
const returned = /* @__PURE__ */ new BytePool()

/**
 * Copies bytes that a store keeps, or needs during a call. Applications never get them, so that nothing that they do reaches what is
 * kept.
 *
 * @example
 * ```ts
 * const ownKey = keptCopy(key)
 * await database.read(ownKey)
 * ```
 */
export function keptCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return kept.copy(bytes)
}

/**
 * Copies bytes that a store returns. An application that transfers the buffer of one loses others that it was returned, and nothing
 * else.
 *
 * @example
 * ```ts
 * return { key: returnedCopy(key), value: returnedCopy(value) }
 * ```
 */
export function returnedCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return returned.copy(bytes)
}
