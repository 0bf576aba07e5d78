/** A time as bytes that sort as times do: the integers of SQLite end at 2^63. */
export function bytesOfTime(time: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, time)
  return bytes
}
