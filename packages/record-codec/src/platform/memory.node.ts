import type { WriteMessage } from '../protobuf-writer.ts'

const slabSize = 16_384

/** Shared by small messages: in Node, memory of one's own costs more than the encoding. */
let slab: Uint8Array = /* @__PURE__ */ new Uint8Array(0)
let used = 0

/**
 * Encodes a message of at most `bound` bytes. Like Node's small buffers, small ones share an `ArrayBuffer`; browsers
 * are spared that, because they copy all of it when they clone a view.
 */
export function encodeFresh<Message>(write: WriteMessage<Message>, message: Message, bound: number): Uint8Array {
  if (bound > slabSize / 8) {
    const out = new Uint8Array(bound)
    return out.subarray(0, write(message, out, 0))
  }
  if (slab.length < used + bound) {
    slab = new Uint8Array(slabSize)
    used = 0
  }
  const out = slab
  const start = used
  // what `write` itself encodes goes behind
  used = start + bound
  const end = write(message, out, start)
  if (slab === out && used === start + bound) used = end
  return out.subarray(start, end)
}
