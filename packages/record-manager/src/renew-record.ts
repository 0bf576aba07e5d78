import { isRecordError, isRefusal } from '@recordkit/record-types'
import type { Clock, Signer, UnverifiedRecord } from '@recordkit/record-types'
import type { Publication } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { ClockCheck } from './clock-check.ts'

interface RenewOptions {
  readonly engine: ValidationEngine
  readonly signer: Signer
  readonly clock: Clock
  readonly clockCheck: ClockCheck
  readonly signal: AbortSignal
  /** whether the record was issued in the future: it is replaced under the next sequence, with a shorter validity */
  readonly isAhead: boolean
}

/**
 * Signs a record of our own again for longer: the same content, sequence, lifetime, TTL and options. One that was signed while this
 * clock was ahead gets the next sequence. Returns `undefined` when
 * that is not possible (a revocation, or a namespace that only others write) or would shorten its lifetime; its bytes are then
 * published unchanged.
 *
 * @throws RecordError `CLOCK_UNSOUND`; the error of the signer or the namespace
 */
export async function renewRecord(
  record: UnverifiedRecord,
  publication: Publication,
  { engine, signer, clock, clockCheck, signal, isAhead }: RenewOptions
): Promise<Uint8Array | undefined> {
  const { key, expires, sequence, revoked, value: previous } = record
  const namespace = engine.namespaceOf(key)
  if ('status' in namespace || namespace.seal === undefined) return undefined
  if (expires === undefined || sequence === undefined || revoked === true) return undefined
  const { lifetime = lifetimeOf(record), ttl = record.ttl } = publication
  await clockCheck.check(key, { signal })
  try {
    const next = isAhead ? sequence + 1n : sequence
    const draft = { key, content: engine.content(record), sequence: next, lifetime, ttl, previous }
    const value = await namespace.seal(draft, { now: clock(), signer, signal })
    const parsed = engine.parse(key, value, namespace)
    return isRefusal(parsed) || (!isAhead && (parsed.expires ?? 0n) <= expires) ? undefined : value
  } catch (error) {
    // another author may not sign it
    if (isRecordError(error, 'AUTHOR_FORBIDDEN', 'AUTHOR_DENIED')) return undefined
    throw error
  }
}

/**
 * For how long a record was signed, in ns; `undefined` when it does not contain that.
 *
 * @param signed - ns; when it was signed, for a record that does not contain it
 */
export function lifetimeOf(
  { issued, expires }: Pick<UnverifiedRecord, 'issued' | 'expires'>,
  signed?: bigint
): bigint | undefined {
  const from = issued ?? signed
  return from === undefined || expires === undefined || expires <= from ? undefined : expires - from
}
