const slabSize = 65_536

/** Memory that small messages share: in Node, an allocation for each takes longer than encoding the message. */
let slab: Uint8Array<ArrayBuffer> = /* @__PURE__ */ new Uint8Array(0)
let used = 0

/** Bytes that V8 stores in the array object itself, which is cheaper than a view of the slab. */
const inlineSize = 64

/**
 * New memory for an encoded message. Small messages share an `ArrayBuffer`, as Node's own small buffers do. Browsers do
 * not use this: they copy the whole buffer when they clone a view. `copyBytes` of record-types is another pool on
 * purpose: it serves every platform and bytes that are stored for long, so its slabs are smaller.
 */
export function allocate(size: number): Uint8Array<ArrayBuffer> {
  if (size <= inlineSize || size > slabSize / 32) return new Uint8Array(size)
  if (slab.length < used + size) {
    slab = new Uint8Array(slabSize)
    used = 0
  }
  used += size
  return new Uint8Array(slab.buffer, used - size, size)
}
