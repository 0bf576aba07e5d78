import { decodeRecord, ipnsRoutingKey } from '@recordkit/record-codec'
import { isRecordError, limits } from '@recordkit/record-types'
import type { ByteLayout, ByteRange } from './byte-range.ts'
import { inspectBytes } from './inspect-bytes.ts'
import type { InspectContext, Inspection } from './inspection.ts'
import { layoutOf } from './layout-of.ts'
import { recordKeyOf } from './record-key-of.ts'
import { stepsWithoutKey, stoppedBy, validationSteps } from './validation-steps.ts'
import type { ValidationStep } from './validation-steps.ts'

/** A time in a record. */
export interface RecordTime {
  readonly name: 'issued' | 'received' | 'expires'
  /** ns since the Unix epoch */
  readonly time: bigint
  /** the path of its field */
  readonly path: string
}

/** Everything that can be said about some bytes. */
export interface Explanation {
  readonly bytes: Uint8Array
  readonly inspection: Inspection
  readonly layout: ByteLayout
  /** empty for bytes that are not a record */
  readonly steps: readonly ValidationStep[]
  /** the earliest first */
  readonly times: readonly RecordTime[]
  /** the record in the bytes, under its key; `undefined` when there is none, or its key is not known */
  readonly record: { readonly key: Uint8Array; readonly value: Uint8Array } | undefined
}

/**
 * Explains bytes of any format: their fields with the bytes that each takes, the signature's coverage, times, and every step of
 * validation.
 *
 * @example
 * ```ts
 * const { inspection, layout, steps } = await explainBytes(bytes, { engine: createEngine(), now: systemClock() })
 * ```
 */
export async function explainBytes(bytes: Uint8Array, context: InspectContext): Promise<Explanation> {
  const inspection = await inspectBytes(bytes, context)
  const layout = layoutOf(bytes, inspection, context.domain)
  const record = recordIn(bytes, inspection, layout, context)
  const steps = withExpectedAuthor(inspection, await stepsOf(inspection, record, context))
  return { bytes, inspection, layout, steps, times: timesIn(layout.ranges), record }
}

/** The record that bytes are or contain, with its key. */
function recordIn(
  bytes: Uint8Array,
  { kind }: Inspection,
  { ranges }: ByteLayout,
  { name }: InspectContext
): Explanation['record'] {
  if (kind === 'ipns-record' || kind === 'signed-record' || kind === 'peer-record') {
    const key = kind === 'ipns-record' && name !== undefined ? ipnsRoutingKey(name) : recordKeyOf(bytes)
    return key && { key, value: bytes }
  }
  const field = ranges.findLast(({ name }) => name === 'record')
  const record = kind === 'dht-record' ? bytes : field && bytes.subarray(field.contentStart, field.end)
  if (record === undefined) return undefined
  try {
    const { key, value } = decodeRecord(record, { limit: limits.dhtMessage })
    return key.length === 0 ? undefined : { key, value }
  } catch (error) {
    if (isRecordError(error)) return undefined
    throw error
  }
}

async function stepsOf(
  inspection: Inspection,
  record: Explanation['record'],
  { engine }: InspectContext
): Promise<readonly ValidationStep[]> {
  if (record !== undefined) return validationSteps(engine, record.key, record.value)
  const { kind, status, code, message } = inspection
  if (kind !== 'ipns-record' && kind !== 'envelope') return []
  if (status === 'unverified') return stepsWithoutKey(message ?? '')
  if (status === 'accept') return stepsWithoutKey('an envelope of this type is not a record; its signature is valid')
  const refusal = {
    status: status === 'reject' ? 'reject' : 'ignore',
    code: code ?? '',
    message: message ?? ''
  } as const
  return stoppedBy(refusal, { SIGNATURE_INVALID: 'signature', TOO_LARGE: 'size' }, 'decoding')
}

/** A record that is valid, of another author than the caller expects. */
function withExpectedAuthor(inspection: Inspection, steps: readonly ValidationStep[]): readonly ValidationStep[] {
  const { status, code, message } = inspection
  const isPassed = steps.length > 0 && steps.every((step) => step.status === 'passed')
  if (!isPassed || code !== 'AUTHOR_FORBIDDEN' || status !== 'ignore') return steps
  return stoppedBy({ status, code, message: message ?? '' }, {}, 'binding')
}

const timeNames: Readonly<Record<string, RecordTime['name']>> = {
  issued: 'issued',
  timeReceived: 'received',
  expires: 'expires',
  Validity: 'expires'
}

/** The times of signed fields, and the time of receipt. */
function timesIn(ranges: readonly ByteRange[]): readonly RecordTime[] {
  const found = ranges.flatMap((range): RecordTime[] => {
    const name = timeNames[range.name]
    const own = range.time === undefined || name === undefined ? [] : [{ name, time: range.time, path: range.path }]
    return [...own, ...timesIn(range.ranges)]
  })
  return found.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
}
