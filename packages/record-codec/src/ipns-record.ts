import type { CborValue } from './cbor-value.ts'
import type { DecodeOptions } from './decode-options.ts'
import { throwRecordError } from './throw-record-error.ts'
import { readBytes, readUint64 } from './field-offsets.ts'
import type { FieldOffsets } from './field-offsets.ts'
import { findIpnsData } from './ipns-data.ts'
import { isIpnsValue } from './ipns-value.ts'
import { readFields } from './protobuf-reader.ts'
import { readTime } from './time.ts'

/** An IPNS record, read and consistent, but proven by nobody. Bytes are views on the record. */
export interface IpnsRecord {
  /** a path (`/ipfs/…`) in UTF-8, a binary CID, or nothing */
  readonly value: Uint8Array
  /** ns since the Unix epoch: the last instant at which it is valid */
  readonly validity: bigint
  /** the validity as it was written, RFC 3339 */
  readonly validityBytes: Uint8Array
  readonly sequence: bigint
  /** ns: how long a reader may answer from its cache */
  readonly ttl?: bigint | undefined
  /** protobuf `PublicKey`, not looked at: only good when its peer ID is the name */
  readonly publicKey?: Uint8Array | undefined
  /** never to be trusted */
  readonly signatureV1?: Uint8Array | undefined
  /** over `ipnsSigningInput(data)` */
  readonly signatureV2: Uint8Array
  /** DAG-CBOR: the only part that is signed, and the only one whose fields are read */
  readonly data: Uint8Array
  /** entries of the signed map beside its five own, when there are any */
  readonly extra?: ReadonlyMap<string, CborValue> | undefined
}

/** IPNS record specification, "Record Size Limit" */
const ipnsRecordLimit = 10_240

/** Tags of value, signatureV1, validityType, validity, sequence, ttl, publicKey, signatureV2, data. */
const tags: readonly number[] = [10, 18, 24, 34, 40, 48, 58, 66, 74]

/**
 * Reads an IPNS record and checks all that needs neither a key nor a clock: at most `options.limit` (10240) bytes,
 * strict protobuf and CBOR, signature and data present, fields of their types and ranges, the unsigned copies equal to
 * the signed fields when `signatureV1` or `value` is present, a readable validity, a value that is a path or a CID.
 *
 * @throws RecordError `TOO_LARGE`, `PROTOBUF_…`, `CBOR_…`, `IPNS_…`, `TIME_INVALID`
 * @see IPNS record specification, "Record Verification"
 */
export function decodeIpnsRecord(bytes: Uint8Array, options?: DecodeOptions): IpnsRecord {
  const fields = readFields(bytes, options?.limit ?? ipnsRecordLimit, 'IPNS record', tags)
  const signatureV2 =
    filledBytesOf(fields, 7) ?? throwRecordError('IPNS_SIGNATURE_MISSING', 'IPNS record has no signatureV2')
  const data = filledBytesOf(fields, 8) ?? throwRecordError('IPNS_DATA_MISSING', 'IPNS record has no data')
  const signed = findIpnsData(data)
  const signatureV1 = filledBytesOf(fields, 1)
  if (
    (signatureV1 !== undefined || isFilled(fields, 0)) &&
    !(
      sameBytes(fields, 0, signed, 1) &&
      sameBytes(fields, 3, signed, 3) &&
      sameInteger(fields, 2, signed, 4) &&
      sameInteger(fields, 4, signed, 2) &&
      sameInteger(fields, 5, signed, 0)
    )
  ) {
    throwRecordError('IPNS_MISMATCH', 'IPNS fields outside of data differ from those inside')
  }
  if ((signed.offsets[8]! | signed.offsets[9]!) !== 0) {
    throwRecordError('IPNS_VALIDITY_TYPE', `IPNS ValidityType is ${readUint64(signed, 4)}, not 0`)
  }
  const value = readBytes(signed, 1)!
  const validityBytes = readBytes(signed, 3)!
  const validity = readTime(validityBytes, 0, validityBytes.length)
  if (!isIpnsValue(value)) throwRecordError('IPNS_VALUE_INVALID', 'IPNS value is neither a path nor a binary CID')
  const publicKey = filledBytesOf(fields, 6)
  const record: { -readonly [Name in keyof IpnsRecord]: IpnsRecord[Name] } = {
    value,
    validity,
    validityBytes,
    sequence: readUint64(signed, 2),
    signatureV2,
    data
  }
  if (signed.offsets[0] !== undefined) record.ttl = readUint64(signed, 0)
  if (publicKey !== undefined) record.publicKey = publicKey
  if (signatureV1 !== undefined) record.signatureV1 = signatureV1
  if (signed.extra !== undefined) record.extra = signed.extra
  return record
}

/** Whether a field of bytes is there and not empty. */
function isFilled({ offsets }: FieldOffsets, index: number): boolean {
  const from = offsets[2 * index]
  return from !== undefined && offsets[2 * index + 1]! > from
}

function filledBytesOf(fields: FieldOffsets, index: number): Uint8Array | undefined {
  return isFilled(fields, index) ? readBytes(fields, index) : undefined
}

/** Whether a field outside is the signed one inside; one that is absent outside is empty. */
function sameBytes(outside: FieldOffsets, index: number, inside: FieldOffsets, signed: number): boolean {
  const { bytes } = outside
  const data = inside.bytes
  let from = outside.offsets[2 * index] ?? 0
  const to = outside.offsets[2 * index + 1] ?? 0
  let start = inside.offsets[2 * signed]!
  let same = to - from === inside.offsets[2 * signed + 1]! - start
  while (same && from < to) same = bytes[from++] === data[start++]
  return same
}

/** The same of integers, of which one that is absent outside is 0. */
function sameInteger({ offsets }: FieldOffsets, index: number, inside: FieldOffsets, signed: number): boolean {
  return (
    (offsets[2 * index] ?? 0) === inside.offsets[2 * signed] &&
    (offsets[2 * index + 1] ?? 0) === inside.offsets[2 * signed + 1]
  )
}
