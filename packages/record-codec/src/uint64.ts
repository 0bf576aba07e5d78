import { failType } from './throw-record-error.ts'

/** One 64-bit number and its halves: the fastest exact conversion between them. */
const halves: DataView = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8))

/** An unsigned 64-bit number from its halves. */
export function joinUint64(high: number, low: number): bigint {
  halves.setUint32(0, high)
  halves.setUint32(4, low)
  return halves.getBigUint64(0)
}

/** A signed 64-bit number from its halves. */
export function joinInt64(high: number, low: number): bigint {
  halves.setInt32(0, high)
  halves.setUint32(4, low)
  return halves.getBigInt64(0)
}

/** The upper half of an unsigned 64-bit number. @throws RecordError `INVALID_ARGUMENT` for anything else */
export function highOf(value: bigint): number {
  if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) {
    failType(value, 'a 64-bit number', 'a bigint from 0 to 2^64 - 1')
  }
  halves.setBigUint64(0, value)
  return halves.getUint32(0)
}

/** The lower half of a bigint of any size and sign. */
export function lowOf(value: bigint): number {
  halves.setBigUint64(0, value)
  return halves.getUint32(4)
}

/** The number nearest to a bigint. */
export function nearestTo(value: bigint): number {
  // for 64 bits, the halves are twelve times as fast as `Number`
  if (BigInt.asIntN(64, value) !== value) return Number(value)
  halves.setBigInt64(0, value)
  return halves.getInt32(0) * 0x100000000 + halves.getUint32(4)
}
