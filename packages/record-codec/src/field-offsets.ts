import { joinUint64 } from './uint64.ts'

/** A message or a map whose fields have been found, and not yet read. */
export interface FieldOffsets {
  readonly bytes: Uint8Array
  /** that of `bytes`: each view is spared asking for it */
  readonly buffer: ArrayBufferLike
  /**
   * two numbers a field: where its bytes begin and end, or the lower and upper half of its integer, signed numbers of 32
   * bits as all of them are: one that is not would make every reader slower; none when absent
   */
  readonly offsets: readonly (number | undefined)[]
}

/** Places for so many fields, all absent. */
export function emptyOffsets(count: number): (number | undefined)[] {
  // oxlint-disable-next-line unicorn/no-new-array -- giving a literal its length takes three times as long
  return new Array<number | undefined>(2 * count)
}

/** A view from one place to another. Costs half of what `subarray` does, which looks for the class to make. */
export function view(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from)
}

/** A view of a field of bytes, by its index; `undefined` when it is absent. */
export function readBytes({ bytes, buffer, offsets }: FieldOffsets, index: number): Uint8Array | undefined {
  const from = offsets[2 * index]
  return from === undefined
    ? undefined
    : new Uint8Array(buffer, bytes.byteOffset + from, offsets[2 * index + 1]! - from)
}

/** An integer of 64 bits; 0 when it is absent. */
export function readUint64({ offsets }: FieldOffsets, index: number): bigint {
  return joinUint64(offsets[2 * index + 1] ?? 0, offsets[2 * index] ?? 0)
}
