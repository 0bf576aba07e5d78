import { copyBytes } from '@recordkit/record-types'
import { checkFunction } from '@recordkit/record-types/internal'
import type { Namespace, NamespaceLimitOptions } from '@recordkit/record-types'
import { checkNamespaceOptions, limitsOf } from './options.ts'
import { ignore, refusalOf } from './refusal.ts'
import { orderFromSequence, sequenceFromRank } from './sequence-order.ts'

export interface UnsignedOptions {
  /** reads the sequence of a value; a value for which it throws is rejected */
  readonly sequence: (value: Uint8Array, key: Uint8Array) => bigint
  readonly limits?: NamespaceLimitOptions | undefined
}

/**
 * A namespace of unsigned records under `/name/…`: the record with the highest sequence wins, and nothing is verified. Anyone
 * can write under its keys; use it for values that are certified in another way.
 *
 * @example
 * ```ts
 * const heights = unsigned('heights', { sequence: (value) => BigInt(value[0] ?? 0) })
 * const engine = new ValidationEngine([heights])
 * ```
 */
export function unsigned(name: string, options: UnsignedOptions): Namespace<bigint> {
  checkNamespaceOptions(name, options, { sequence: 0, limits: 0 })
  checkFunction(options.sequence, 'sequence')
  return {
    name,
    limits: limitsOf(options.limits),
    parse(key, value) {
      try {
        const sequence = options.sequence(copyBytes(value), copyBytes(key))
        if (sequence < 0n || sequence >= 1n << 64n)
          return ignore('CONTENT_INVALID', `the sequence is ${sequence}; 0 to 2^64 - 1 is expected`)
        return { key, value, order: orderFromSequence(sequence), sequence, fields: sequence }
      } catch (error) {
        const refusal = refusalOf(error)
        return refusal.code === 'VALIDATOR_FAILED'
          ? { ...ignore('CONTENT_INVALID', 'the value has no sequence; the error is the cause'), cause: error }
          : refusal
      }
    },
    verify: () => ({ status: 'accept' }),
    sequenceOf: (rank) => sequenceFromRank(rank)
  }
}
