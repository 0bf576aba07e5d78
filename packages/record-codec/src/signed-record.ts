import { limits } from '@recordkit/record-types'
import type { DecodeOptions } from './decode-options.ts'
import { checkObject, throwRecordError, failArgument } from './throw-record-error.ts'
import { readBytes, readUint64 } from './field-offsets.ts'
import { readBool, readFields } from './protobuf-reader.ts'
import { filled, nonzero, writeFields } from './protobuf-writer.ts'
import { highOf, lowOf } from './uint64.ts'

/** The payload of a signed record's envelope. Times in ns since the Unix epoch. */
export interface SignedRecord {
  /** the full record key: a signature is for one key */
  readonly key: Uint8Array
  /** the application's bytes; empty in a revocation */
  readonly content: Uint8Array
  /** rises with every change by its author */
  readonly sequence: bigint
  readonly issued: bigint
  /** after `issued` */
  readonly expires: bigint
  /** ns; how long a reader may answer from its cache; 0: ask again */
  readonly ttl: bigint
  /** this key is closed: no later record for it counts */
  readonly revoked: boolean
}

/** Tags of key, value, sequence, issued, expires, ttl, revoked. */
const tags: readonly number[] = [10, 18, 24, 32, 40, 48, 56]

/** Envelope domain of signed records. */
export const signedRecordDomain: string = 'recordkit-signed-record'

/** Envelope payload type of signed records: UTF-8 of `/recordkit/signed-record`. Do not change its bytes. */
export const signedRecordPayloadType: Uint8Array = /* @__PURE__ */ new TextEncoder().encode('/recordkit/signed-record')

/**
 * Encodes a signed record, deterministically.
 *
 * @throws RecordError `INVALID_ARGUMENT` for fields of the wrong type or that contradict each other
 */
export function encodeSignedRecord(record: SignedRecord): Uint8Array {
  checkObject(record, 'signed record')
  const { key, content, sequence, issued, expires, ttl, revoked } = record
  const bytes = writeFields([
    10,
    filled(key, 'key'),
    18,
    filled(content, 'value'),
    24,
    nonzero(sequence, 'sequence'),
    32,
    nonzero(issued, 'issued'),
    40,
    nonzero(expires, 'expires'),
    48,
    nonzero(ttl, 'ttl'),
    56,
    revoked ? 1 : undefined
  ])
  const fault = faultOf(record)
  if (fault !== undefined) failArgument(fault)
  return bytes
}

/**
 * Reads a signed record; `key` and `content` are views on `bytes`, at most `options.limit` (64 KiB). Its key is not
 * empty, it expires after it was issued, a revocation has no content, and its encoding is {@link encodeSignedRecord}'s.
 *
 * @throws RecordError `SIGNED_RECORD_INVALID`, `TOO_LARGE`, `PROTOBUF_…`
 * @see docs/spec/signed-record.md
 */
export function decodeSignedRecord(bytes: Uint8Array, options?: DecodeOptions): SignedRecord {
  const fields = readFields(bytes, options?.limit ?? limits.envelope, 'signed record', tags)
  const [key = bytes.subarray(0, 0), content = bytes.subarray(0, 0)] = [readBytes(fields, 0), readBytes(fields, 1)]
  const [sequence, issued, expires, ttl] = [2, 3, 4, 5].map((index) => readUint64(fields, index)) as [
    bigint,
    bigint,
    bigint,
    bigint
  ]
  const record = { key, content, sequence, issued, expires, ttl, revoked: readBool(fields, 6) }
  const fault =
    faultOf(record) ?? (fields.ordered && fields.filled ? undefined : 'signed record is not in its canonical encoding')
  if (fault !== undefined) throwRecordError('SIGNED_RECORD_INVALID', fault)
  return record
}

/**
 * Orders signed records when compared byte by byte: revoked (1 byte), sequence (8), expires (8).
 *
 * @throws RecordError `INVALID_ARGUMENT`
 */
export function signedRecordOrder(record: Pick<SignedRecord, 'revoked' | 'sequence' | 'expires'>): Uint8Array {
  checkObject(record, 'record')
  const order = new Uint8Array(17)
  const view = new DataView(order.buffer)
  order[0] = record.revoked ? 1 : 0
  view.setUint32(1, highOf(record.sequence))
  view.setUint32(5, lowOf(record.sequence))
  view.setUint32(9, highOf(record.expires))
  view.setUint32(13, lowOf(record.expires))
  return order
}

function faultOf({ key, content, issued, expires, revoked }: SignedRecord): string | undefined {
  if (typeof revoked !== 'boolean') return 'revoked must be a boolean'
  if (key.length === 0) return 'signed record has no key'
  if (expires <= issued) return 'signed record expires before it was issued'
  if (revoked && content.length > 0) return 'signed record is a revocation and has content'
  return undefined
}
