/** The rank of records that are ordered by their sequence alone: 8 bytes, big-endian. */
export function rankFromSequence(sequence: bigint): Uint8Array {
  const rank = new Uint8Array(8)
  new DataView(rank.buffer).setBigUint64(0, sequence)
  return rank
}

/** The sequence that a rank contains: 8 bytes, big-endian. @param offset - where the sequence begins in the rank */
export function sequenceFromRank(rank: Uint8Array, offset: number = 0): bigint {
  return new DataView(rank.buffer, rank.byteOffset, rank.byteLength).getBigUint64(offset)
}
