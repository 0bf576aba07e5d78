import { signerOf } from './signer-of.ts'
import { checkOptions, checkTime } from '@recordkit/record-types/internal'
import {
  decodeSignedRecord,
  encodeSignedRecord,
  signedRecordDomain,
  signedRecordPayloadType
} from '@recordkit/record-codec'
import type { SignedRecord } from '@recordkit/record-codec'
import { dateFromTime, RecordError, systemClock } from '@recordkit/record-types'
import { checkTtl } from './check-ttl.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'
import type { OpenOptions } from './envelope.ts'
import type { Opened, SealOptions } from './opened.ts'

/** Options of {@link sealSignedRecord}. */
export interface SealSignedRecordOptions extends SealOptions {
  /** nanoseconds since the Unix epoch; a record that expires earlier is refused. @default the current time */
  readonly now?: bigint | undefined
}

/**
 * Creates a signed record. The signature is for the key in the record.
 *
 * @returns protobuf `Envelope`, canonical: the `value` to put under the key of the record
 * @throws RecordError `INVALID_ARGUMENT` for fields of the wrong type, and for fields that contradict each other;
 * `EXPIRED` when `expires` is in the past
 * @see docs/spec/signed-record.md
 * @example
 * ```ts
 * const record = { key, content, sequence: 1n, issued, expires, ttl: 0n, revoked: false }
 * const value = await sealSignedRecord(record, { signer })
 * ```
 */
export async function sealSignedRecord(
  record: SignedRecord,
  options: SealSignedRecordOptions
): Promise<Uint8Array<ArrayBuffer>> {
  const signer = signerOf(options)
  checkOptions(options, { signer: 0, signal: 0, now: 0 })
  const payload = encodeSignedRecord(record)
  const { signal, now = systemClock() } = options
  checkTime(now, 'now')
  checkTtl(record.ttl)
  if (record.expires < now) {
    throw new RecordError('EXPIRED', `expires is ${dateFromTime(record.expires).toISOString()}, which is in the past`)
  }
  return sealEnvelope({ domain: signedRecordDomain, payloadType: signedRecordPayloadType, payload }, { signer, signal })
}

/**
 * Opens a signed record. The caller must compare `content.key` with the key under which the record was found, and
 * decide whether its author may write there: the `signed` namespace of record-validators does both.
 *
 * @param value - protobuf `Envelope`, at most `limit` bytes (64 KiB)
 * @throws RecordError `SIGNED_RECORD_INVALID`; the codes of `openEnvelope`
 * @see docs/spec/signed-record.md
 * @example
 * ```ts
 * const { author, content } = await openSignedRecord(value)
 * ```
 */
export async function openSignedRecord(value: Uint8Array, options: OpenOptions = {}): Promise<Opened<SignedRecord>> {
  const opened = await openEnvelope(value, {
    ...options,
    domain: signedRecordDomain,
    payloadType: signedRecordPayloadType
  })
  return { ...opened, content: decodeSignedRecord(opened.content) }
}
