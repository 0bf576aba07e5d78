const slabSize = 65_536

/** Shared by small messages: in Node, memory of one's own costs more than the encoding. */
let slab: Uint8Array = /* @__PURE__ */ new Uint8Array(0)
let used = 0

/** What V8 keeps beside an array itself, in bytes: cheaper than a view. */
const insideArray = 64

/**
 * New memory for a message. Like Node's small buffers, small ones share an `ArrayBuffer`; browsers are spared that,
 * because they copy all of it when they clone a view.
 */
export function allocate(size: number): Uint8Array {
  if (size <= insideArray || size > slabSize / 32) return new Uint8Array(size)
  if (slab.length < used + size) {
    slab = new Uint8Array(slabSize)
    used = 0
  }
  used += size
  return new Uint8Array(slab.buffer, used - size, size)
}
