import { isRecordError, RecordError } from '@recordkit/record-types'
import type { InboundLimits } from './inbound-limits.ts'
import type { KadDhtValidation } from './kad-dht-validation.ts'
import type { RecordSenders } from './record-senders.ts'
import type { RecordReceiver } from './validating-datastore.ts'

/** The peers that sent the records which kad-dht is processing. */
export interface ProcessedRecords {
  readonly puts: RecordSenders
  readonly answers: RecordSenders
}

/**
 * Wraps the validators of kad-dht: a refusal counts against the sender of the record, if a peer put it. It does so here and not when
 * kad-dht resets the stream, because a peer can reset its stream first. A refused answer to a read of this node takes work from the
 * budget of its sender, and changes no score: the network of the manager has reported it.
 */
export function countRefusals(
  { validators, selectors }: KadDhtValidation,
  { puts, answers }: ProcessedRecords,
  limits: InboundLimits | undefined
): KadDhtValidation {
  const counting = Object.create(null) as KadDhtValidation['validators']
  for (const [name, validate] of Object.entries(validators)) {
    counting[name] = async (key, value, options) => {
      const started = limits?.measure() ?? 0
      try {
        await validate(key, value, options)
        answers.take(key, value)
      } catch (error) {
        if (!isRecordError(error)) throw error
        const from = puts.take(key, value)
        if (from === undefined) {
          const answered = answers.take(key, value)
          if (answered !== undefined) limits?.spend(answered, limits.measure() - started)
          throw error
        }
        // an error without a status is not about the record: the reason of an aborted signal, for example
        const { status } = (error.details ?? {}) as { readonly status?: 'ignore' | 'reject' }
        if (status === undefined) throw error
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

/**
 * Wraps the manager: a record that it refuses counts against the sender of the record, with the time that it took, unless the store
 * decided: then most of the time is that of a disk. The manager has reported the result to the access control.
 */
export function countResults(receiver: RecordReceiver, limits: InboundLimits | undefined): RecordReceiver {
  if (limits === undefined) return receiver
  return {
    getForPeers: (key, options) => receiver.getForPeers(key, options),
    async receive(key, value, options = {}) {
      const { sender, group } = options
      const started = limits.measure()
      const result = await receiver.receive(key, value, options)
      const { status, code } = result
      if (sender === undefined || group === undefined || status === 'stored' || status === 'refreshed') return result
      const isRejected = status === 'rejected'
      const work = isRejected || status === 'ignored' ? limits.measure() - started : 0
      limits.refused({ sender, group }, { status: isRejected ? 'reject' : 'ignore', code, reported: true, work })
      return result
    }
  }
}
