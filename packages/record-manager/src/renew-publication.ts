import { RecordError } from '@recordkit/record-types'
import type { UnverifiedRecord } from '@recordkit/record-types'
import type { Publication } from '@recordkit/record-store'
import { isDisplaced } from './is-displaced.ts'
import type { PublicationParts } from './publication-parts.ts'
import type { HeldRecord } from './record-pipeline.ts'
import { renewRecord } from './renew-record.ts'
import { signerOf } from './signer-of.ts'

/** What the network answered before a record is renewed. */
export interface NetworkAnswer {
  /** the error of the network; `undefined` when it answered */
  readonly error?: unknown
  /** a later record of our own that has expired: its content is the latest */
  readonly expired?: UnverifiedRecord | undefined
}

/** Reads a key from the network, and adopts a later record of it. */
export async function adoptLatest(
  parts: PublicationParts,
  publication: Publication,
  held: HeldRecord | undefined,
  signal: AbortSignal
): Promise<NetworkAnswer> {
  const { network, process, engine } = parts
  const { key } = publication
  if (network === undefined)
    return { error: new RecordError('NO_PEERS', 'this manager has no network to ask for a later record', { key }) }
  const stored = held?.verified
  try {
    const { record, sender, untimely } = await network.latest(key, stored, { signal })
    if (record !== undefined && record !== stored) await process(key, record.value, { sender, asked: true, signal })
    let expired: UnverifiedRecord | undefined
    for (const found of untimely) {
      if (found.expires === undefined || found.expires >= parts.clock()) continue
      if (found.author === undefined || isDisplaced(found, publication)) continue
      if (expired === undefined || engine.compare(found, expired) > 0) expired = found
    }
    return { expired }
  } catch (error) {
    signal.throwIfAborted()
    return { error }
  }
}

/** Whether this node did not publish a key for longer than the lifetime of its record. */
export function wasAway(
  { clock }: PublicationParts,
  { lifetime, published }: Publication,
  held: HeldRecord | undefined
): boolean {
  if (held?.refusal !== undefined) return true
  if (lifetime === undefined || published === undefined) return false
  const since = clock() - published
  // below 0: published while the clock was ahead, so that nothing says when
  return since > lifetime || since < 0n
}

/** Signs and stores our record for longer. Returns whether it was. */
export async function renewPublication(
  parts: PublicationParts,
  publication: Publication,
  held: HeldRecord | undefined,
  expired: UnverifiedRecord | undefined,
  signal: AbortSignal
): Promise<boolean> {
  const { engine, pipeline, process, metrics, events } = parts
  const { key } = publication
  const isLater = expired !== undefined && (held === undefined || engine.compare(expired, held.record) > 0)
  const record = isLater ? expired : held?.record
  const refused = isLater ? undefined : held?.refusal?.code
  // signed while this clock was ahead: no peer accepts it, and only a higher sequence replaces it
  const isAhead = refused === 'ISSUED_IN_FUTURE'
  // not damaged or denied, but valid or past its time
  if (record === undefined || (refused !== undefined && refused !== 'EXPIRED' && !isAhead)) return false
  const signer = signerOf(publication, parts)
  if (signer === undefined) {
    const peerId = publication.signer
    if (peerId !== undefined) events.dispatch('record:unrenewed', { key, signer: peerId })
    return false
  }
  if (refused === undefined && !isLater && isUnpublished(publication, record, parts.clock())) return true
  const value = await renewRecord(record, publication, { ...parts, signer, signal, isAhead })
  if (value === undefined) return false
  const ifRank = held === undefined || held.refusal?.code === 'EXPIRED' ? null : held.stored.rank
  const result = await process(key, value, { ifRank, signal })
  const { status, code, message, cause } = result
  // conflict, stale: a later record was put meanwhile, which is published in its place
  if (status === 'conflict' || status === 'stale') return true
  if (result.record === undefined || (status !== 'stored' && status !== 'refreshed'))
    throw new RecordError(code ?? 'STALE', message ?? status, { key, cause })
  metrics.publication(key, 'renewed')
  events.dispatch('record:renewed', pipeline.view(result.record))
  return true
}

/** Whether our record was signed since the last publication, and not long ago: a publication that failed does not sign again. */
function isUnpublished(
  { network, published, lifetime }: Publication,
  { expires }: UnverifiedRecord,
  now: bigint
): boolean {
  if (!network || lifetime === undefined || expires === undefined) return false
  const signed = expires - lifetime
  return (published === undefined || signed > published) && now - signed < lifetime / 6n
}
