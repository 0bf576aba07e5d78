/**
 * Where things stand in the database: the first byte of a key says what its entry is. Part of the stored format; a
 * change here is a new format version.
 */
export const space: {
  readonly header: 0
  readonly record: 1
  readonly mark: 2
  readonly expiry: 3
  readonly counters: 4
  readonly quarantine: 5
} = /* @__PURE__ */ Object.freeze({
  header: 0,
  record: 1,
  mark: 2,
  /** time (8 bytes, big-endian) ‖ space of what expires ‖ its key */
  expiry: 3,
  counters: 4,
  /** the whole key of an entry that was moved aside */
  quarantine: 5
})

/** What has its own index entry. */
export type Expiring = typeof space.record | typeof space.mark

/** A key within a space. */
export function spaceKey(prefix: number, key: Uint8Array): Uint8Array {
  const full = new Uint8Array(key.length + 1)
  full[0] = prefix
  full.set(key, 1)
  return full
}

/** The index key of a record that expires, or a mark that ends, at `time` (ns). */
export function expiryKey(time: bigint, expiring: Expiring, key: Uint8Array): Uint8Array {
  const full = new Uint8Array(key.length + 10)
  const view = new DataView(full.buffer)
  full[0] = space.expiry
  view.setBigUint64(1, time)
  full[9] = expiring
  full.set(key, 10)
  return full
}

/** The parts of an index key; `undefined` when it is none. */
export function readExpiryKey(full: Uint8Array): { time: bigint; expiring: Expiring; key: Uint8Array } | undefined {
  const expiring = full[9]
  if (full.length < 11 || (expiring !== space.record && expiring !== space.mark)) return undefined
  const time = new DataView(full.buffer, full.byteOffset).getBigUint64(1)
  return { time, expiring, key: full.subarray(10) }
}
