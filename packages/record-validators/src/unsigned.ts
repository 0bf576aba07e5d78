import type { Namespace, NamespaceLimits } from '@recordkit/record-types'
import { limitsOf } from './options.ts'
import { refusalOf, reject } from './refusal.ts'

/** The order of records that are ordered by a number alone: 8 bytes, big-endian. */
export function sequenceOrder(sequence: bigint): Uint8Array {
  const order = new Uint8Array(8)
  new DataView(order.buffer).setBigUint64(0, sequence)
  return order
}

/** The sequence that stands in a rank, 8 bytes from `offset` on. */
export function sequenceIn(rank: Uint8Array, offset: number = 0): bigint {
  return new DataView(rank.buffer, rank.byteOffset, rank.byteLength).getBigUint64(offset)
}

export interface UnsignedOptions {
  /** reads the sequence out of a value; what it throws refuses the record */
  readonly sequence: (value: Uint8Array, key: Uint8Array) => bigint
  readonly limits?: Partial<NamespaceLimits> | undefined
}

/**
 * Plain records without a signature under `/name/…`: the highest sequence wins, and nothing is proven. For values that
 * something else certifies; anyone can write anything here.
 */
export function unsigned(name: string, options: UnsignedOptions): Namespace<bigint> {
  return {
    name,
    limits: limitsOf(options.limits),
    parse(key, value) {
      try {
        const sequence = options.sequence(value, key)
        if (sequence < 0n || sequence >= 1n << 64n)
          return reject('CONTENT_INVALID', `sequence ${sequence} is not an unsigned 64-bit number`)
        return { key, value, order: sequenceOrder(sequence), sequence, fields: sequence }
      } catch (error) {
        const refusal = refusalOf(error)
        return refusal.code === 'VALIDATOR_FAILED'
          ? reject('CONTENT_INVALID', `the value has no sequence: ${refusal.message}`)
          : refusal
      }
    },
    verify: () => ({ status: 'accept' }),
    sequenceOf: (rank) => sequenceIn(rank)
  }
}
