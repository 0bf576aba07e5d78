import { RecordError } from '@recordkit/record-types'
import type { Namespace } from '@recordkit/record-types'
import { describe } from '@recordkit/record-types/internal'

/**
 * The sequence that the rank of a stored record contains; `undefined` when its namespace has none.
 *
 * @throws RecordError `VALIDATOR_FAILED` when the namespace returns something else than a bigint
 */
export function sequenceOfRank(namespace: Namespace, rank: Uint8Array): bigint | undefined {
  const sequence: unknown = namespace.sequenceOf?.(rank)
  if (sequence === undefined || typeof sequence === 'bigint') return sequence
  throw new RecordError(
    'VALIDATOR_FAILED',
    `sequenceOf of the namespace "${namespace.name}" returned ${describe(sequence)}; a bigint is expected`
  )
}
