/** The order of records that are ordered by their sequence alone: 8 bytes, big-endian. */
export function orderFromSequence(sequence: bigint): Uint8Array {
  const order = new Uint8Array(8)
  new DataView(order.buffer).setBigUint64(0, sequence)
  return order
}

/** The sequence that a rank contains: 8 bytes, big-endian. @param offset - where the sequence begins in the rank */
export function sequenceFromRank(rank: Uint8Array, offset: number = 0): bigint {
  return new DataView(rank.buffer, rank.byteOffset, rank.byteLength).getBigUint64(offset)
}
