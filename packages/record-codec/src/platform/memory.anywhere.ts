import type { WriteMessage } from '../protobuf-writer.ts'

/** Encodes a message of at most `bound` bytes into memory of its own. */
export function encodeFresh<Message>(write: WriteMessage<Message>, message: Message, bound: number): Uint8Array {
  const out = new Uint8Array(bound)
  return out.subarray(0, write(message, out, 0))
}
