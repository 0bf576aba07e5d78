import type { ReceiveResult } from '@recordkit/record-manager'
import { isRecordError, RecordError } from '@recordkit/record-types'
import type { InboundLimits } from './inbound-limits.ts'
import type { KadDhtValidation } from './kad-dht-validation.ts'
import type { PutValueSenders, RecordSender } from './put-value-senders.ts'

/**
 * Wraps the validators of kad-dht: a refusal counts against the sender of the record, if a peer put it. It does so here and not when
 * kad-dht resets the stream, because a peer can reset its stream first.
 */
export function countRefusals(
  { validators, selectors }: KadDhtValidation,
  senders: PutValueSenders,
  limits: InboundLimits | undefined
): KadDhtValidation {
  const counting = Object.create(null) as KadDhtValidation['validators']
  for (const [name, validate] of Object.entries(validators)) {
    counting[name] = async (key, value, options) => {
      const started = limits?.measure() ?? 0
      try {
        await validate(key, value, options)
      } catch (error) {
        if (!isRecordError(error)) throw error
        const from = senders.take(key, value)
        if (from === undefined) throw error
        const { status } = error.details as { readonly status: 'ignore' | 'reject' }
        limits?.refused(from, { status, code: error.code, work: limits.measure() - started })
        throw new RecordError(error.code, error.message, {
          key,
          cause: error.cause,
          details: { status, counted: true }
        })
      }
    }
  }
  return { validators: counting, selectors }
}

/** Counts a record that the manager refused, which has reported the result to the access control. */
export function countResult(
  result: ReceiveResult,
  from: RecordSender | undefined,
  limits: InboundLimits | undefined
): void {
  const { status, code } = result
  if (from === undefined || status === 'stored' || status === 'refreshed') return
  limits?.refused(from, { status: status === 'rejected' ? 'reject' : 'ignore', code, reported: true })
}
