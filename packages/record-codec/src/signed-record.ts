import { equalBytes, limits } from '@recordkit/record-types'
import type { DecodeOptions } from './decode-options.ts'
import { checkObject, fail, failArgument } from './fail.ts'
import { nextField, openProtobuf, readBool, readBytes, readUint64, skipField } from './protobuf-reader.ts'
import { encodeProtobuf, writeFilledBytes, writeFilledUint64, writeUint32 } from './protobuf-writer.ts'
import { encodeText } from './text.ts'
import { highOf, lowOf } from './uint64.ts'

/** The payload of a signed record's envelope. Times in ns since the Unix epoch. */
export interface SignedRecord {
  /** the full record key: a signature is for one key */
  readonly key: Uint8Array
  /** the application's bytes; empty in a revocation */
  readonly value: Uint8Array
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

/** Envelope domain of signed records. */
export const signedRecordDomain: string = 'recordkit-signed-record'

/** Envelope payload type of signed records: UTF-8 of `/recordkit/signed-record`. */
export function signedRecordPayloadType(): Uint8Array {
  return encodeText('/recordkit/signed-record')
}

/**
 * Encodes a signed record, deterministically.
 *
 * @throws RecordError `INVALID_ARGUMENT` for fields of the wrong type or that contradict each other
 */
export function encodeSignedRecord(record: SignedRecord): Uint8Array {
  const bytes = encodeProtobuf(writeSignedRecord, record)
  const fault = faultOf(record)
  if (fault !== undefined) failArgument(fault)
  return bytes
}

/**
 * Reads a signed record; `key` and `value` are views on `bytes`, at most `options.limit` (64 KiB). Its key is not
 * empty, it expires after it was issued, a revocation has no value, and its encoding is {@link encodeSignedRecord}'s.
 *
 * @throws RecordError `SIGNED_RECORD_INVALID`, `TOO_LARGE`, `PROTOBUF_…`
 * @see docs/spec/signed-record.md
 */
export function decodeSignedRecord(bytes: Uint8Array, options?: DecodeOptions): SignedRecord {
  const reader = openProtobuf(bytes, options?.limit ?? limits.envelope, 'signed record')
  let key = bytes.subarray(0, 0)
  let value = key
  let sequence = 0n
  let issued = 0n
  let expires = 0n
  let ttl = 0n
  let revoked = false
  for (let field; (field = nextField(reader)) > 0;) {
    if (field === 1) key = readBytes(reader)
    else if (field === 2) value = readBytes(reader)
    else if (field === 3) sequence = readUint64(reader)
    else if (field === 4) issued = readUint64(reader)
    else if (field === 5) expires = readUint64(reader)
    else if (field === 6) ttl = readUint64(reader)
    else if (field === 7) revoked = readBool(reader)
    else skipField(reader)
  }
  const record = { key, value, sequence, issued, expires, ttl, revoked }
  const fault =
    faultOf(record) ??
    (equalBytes(encodeProtobuf(writeSignedRecord, record), bytes)
      ? undefined
      : 'signed record is not in its canonical encoding')
  if (fault !== undefined) fail('SIGNED_RECORD_INVALID', fault)
  return record
}

/**
 * Orders signed records when compared byte by byte: revoked (1 byte), sequence (8), expires (8).
 *
 * @throws RecordError `INVALID_ARGUMENT`
 */
export function signedRecordRank(record: Pick<SignedRecord, 'revoked' | 'sequence' | 'expires'>): Uint8Array {
  checkObject(record, 'record')
  const rank = new Uint8Array(17)
  const view = new DataView(rank.buffer)
  rank[0] = record.revoked ? 1 : 0
  view.setUint32(1, highOf(record.sequence))
  view.setUint32(5, lowOf(record.sequence))
  view.setUint32(9, highOf(record.expires))
  view.setUint32(13, lowOf(record.expires))
  return rank
}

function faultOf({ key, value, issued, expires, revoked }: SignedRecord): string | undefined {
  if (typeof revoked !== 'boolean') return 'revoked must be a boolean'
  if (key.length === 0) return 'signed record has no key'
  if (expires <= issued) return 'signed record expires before it was issued'
  if (revoked && value.length > 0) return 'signed record is a revocation and has a value'
  return undefined
}

function writeSignedRecord(record: SignedRecord, out: Uint8Array | undefined, offset: number): number {
  offset = writeFilledBytes(out, offset, 1, record.key)
  offset = writeFilledBytes(out, offset, 2, record.value)
  offset = writeFilledUint64(out, offset, 3, record.sequence)
  offset = writeFilledUint64(out, offset, 4, record.issued)
  offset = writeFilledUint64(out, offset, 5, record.expires)
  offset = writeFilledUint64(out, offset, 6, record.ttl)
  return record.revoked ? writeUint32(out, offset, 7, 1) : offset
}
