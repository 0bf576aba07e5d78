/** Whether two byte strings are the same. Not constant-time: for public bytes only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false
  return true
}

/** Byte order: negative when `a` sorts first, positive when `b` does; a prefix sorts before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = (a[index] as number) - (b[index] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

const poolSize = 8192
/** Above this, bytes get memory of their own: one that is kept long must not keep much else. */
const pooledSize = 1024
let pool: Uint8Array | undefined
/** that of `pool`: asking it for that costs more than copying */
let poolBuffer: ArrayBuffer | undefined
let used = 0

/**
 * A copy. Small ones stand side by side in one `ArrayBuffer`, as Node's own small buffers do: that is several times as
 * fast as memory for each. Do not transfer the `buffer` of what this returns.
 */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  if (length > pooledSize) return new Uint8Array(bytes)
  if (pool === undefined || used + length > poolSize) {
    poolBuffer = new ArrayBuffer(poolSize)
    pool = new Uint8Array(poolBuffer)
    used = 0
  }
  pool.set(bytes, used)
  const copy = new Uint8Array(poolBuffer as ArrayBuffer, used, length)
  used += length
  return copy
}
