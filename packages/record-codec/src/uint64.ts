import { failArgument } from './fail.ts'

/** A 64-bit number from its halves, each an unsigned 32-bit integer. */
export function joinUint64(high: number, low: number): bigint {
  return high < 0x200000 ? BigInt(high * 0x100000000 + low) : (BigInt(high) << 32n) | BigInt(low)
}

/** Upper half of `value`, checked to be an unsigned 64-bit number. */
export function highOf(value: bigint): number {
  if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) {
    failArgument('a 64-bit number must be a bigint from 0 to 2^64 - 1')
  }
  return Number(value >> 32n)
}

/** Lower half of `value`. */
export function lowOf(value: bigint): number {
  return Number(BigInt.asUintN(32, value))
}
