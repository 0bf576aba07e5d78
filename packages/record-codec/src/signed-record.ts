import { nameOf } from '@recordkit/record-types/internal'
import { limits } from '@recordkit/record-types'
import { limitOf } from './decode-options.ts'
import type { DecodeOptions } from './decode-options.ts'
import { checkObject, failArgument, throwRecordError } from './throw-record-error.ts'
import { readBytes, readUint64, view } from './field-offsets.ts'
import { readBool, readFields } from './protobuf-reader.ts'
import { filled, nonzero, writeFields } from './protobuf-writer.ts'
import { highOf, lowOf } from './uint64.ts'

/** The payload of the envelope of a signed record. Times are in nanoseconds since the Unix epoch. */
export interface SignedRecord {
  /** the full record key: a signature is for one key */
  readonly key: Uint8Array
  /** the bytes of the application; empty in a revocation */
  readonly content: Uint8Array
  /** increases with every change by the author */
  readonly sequence: bigint
  readonly issued: bigint
  /** after `issued`; the last instant at which the record is valid */
  readonly expires: bigint
  /** ns for which a reader may answer from its cache; 0: not at all */
  readonly ttl: bigint
  /** whether the key is closed: a revocation outranks all other records */
  readonly revoked: boolean
}

/** Tags of the fields, which are read by their index here. */
const tags: readonly number[] = [10, 18, 24, 32, 40, 48, 56]
const keyField = 0
const contentField = 1
const sequenceField = 2
const issuedField = 3
const expiresField = 4
const ttlField = 5
const revokedField = 6

/** Envelope domain of signed records. */
export const signedRecordDomain: string = 'recordkit-signed-record'

/** Envelope payload type of signed records: UTF-8 of `/recordkit/signed-record`. Do not change its bytes. */
export const signedRecordPayloadType: Uint8Array = /* @__PURE__ */ new TextEncoder().encode('/recordkit/signed-record')

/**
 * Encodes a signed record, deterministically.
 *
 * @throws RecordError `INVALID_ARGUMENT` for fields of the wrong type, and for fields that contradict each other
 * @see docs/spec/signed-record.md
 * @example
 * ```ts
 * const payload = encodeSignedRecord({ key, content, sequence: 1n, issued, expires, ttl: 0n, revoked: false })
 * ```
 */
export function encodeSignedRecord(record: SignedRecord): Uint8Array<ArrayBuffer> {
  checkObject(record, 'signed record')
  const { key, content, sequence, issued, expires, ttl, revoked } = record
  const bytes = writeFields([
    10,
    filled(key, 'key'),
    18,
    filled(content, 'content'),
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
  const fault = findFault(record)
  if (fault !== undefined) failArgument(fault)
  return bytes
}

/**
 * Decodes a signed record. `key` and `content` are views of `bytes`. The key is not empty, the record expires after it
 * was issued, a revocation has no content, and the encoding is that of {@link encodeSignedRecord}.
 *
 * @param bytes - protobuf `SignedRecord`, at most `options.limit` (64 KiB)
 * @throws RecordError `SIGNED_RECORD_INVALID`, `TOO_LARGE`, `PROTOBUF_…`
 * @see docs/spec/signed-record.md
 * @example
 * ```ts
 * const { key, content, expires } = decodeSignedRecord(envelope.payload)
 * ```
 */
export function decodeSignedRecord(bytes: Uint8Array, options?: DecodeOptions): SignedRecord {
  const fields = readFields(bytes, limitOf(options, limits.envelope), 'signed record', tags)
  const record = {
    key: readBytes(fields, keyField) ?? view(bytes, 0, 0),
    content: readBytes(fields, contentField) ?? view(bytes, 0, 0),
    sequence: readUint64(fields, sequenceField),
    issued: readUint64(fields, issuedField),
    expires: readUint64(fields, expiresField),
    ttl: readUint64(fields, ttlField),
    revoked: readBool(fields, revokedField)
  }
  const fault =
    findFault(record) ??
    (fields.ordered && fields.filled ? undefined : 'signed record is not in its canonical encoding')
  if (fault !== undefined) throwRecordError('SIGNED_RECORD_INVALID', fault)
  return record
}

/**
 * Returns bytes that order signed records when they are compared byte by byte: revoked (1 byte), sequence (8), expires
 * (8).
 *
 * @throws RecordError `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const better = compareBytes(signedRecordOrder(a), signedRecordOrder(b)) > 0 ? a : b
 * ```
 */
export function signedRecordOrder(
  record: Pick<SignedRecord, 'revoked' | 'sequence' | 'expires'>
): Uint8Array<ArrayBuffer> {
  checkObject(record, 'record')
  const order = new Uint8Array(17)
  const numbers = new DataView(order.buffer)
  order[0] = record.revoked ? 1 : 0
  numbers.setUint32(1, highOf(record.sequence))
  numbers.setUint32(5, lowOf(record.sequence))
  numbers.setUint32(9, highOf(record.expires))
  numbers.setUint32(13, lowOf(record.expires))
  return order
}

function findFault({ key, content, issued, expires, revoked }: SignedRecord): string | undefined {
  if (typeof revoked !== 'boolean') return `revoked is ${nameOf(revoked)}; a boolean is expected`
  if (key.length === 0) return 'signed record has no key'
  if (expires <= issued) return 'signed record does not expire after it is issued'
  if (revoked && content.length > 0) return 'signed record is a revocation and has content'
  return undefined
}
