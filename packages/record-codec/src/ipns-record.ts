import type { CborValue } from './cbor-value.ts'
import { limitOf } from './decode-options.ts'
import type { DecodeOptions } from './decode-options.ts'
import { throwRecordError } from './throw-record-error.ts'
import { readBytes, readUint64 } from './field-offsets.ts'
import type { FieldOffsets } from './field-offsets.ts'
import { findIpnsData, sequenceEntry, ttlEntry, validityEntry, validityTypeEntry, valueEntry } from './ipns-data.ts'
import { isIpnsValue } from './ipns-value.ts'
import { readFieldsLeniently } from './protobuf-reader.ts'
import { readTime } from './time.ts'

/** A decoded IPNS record: well-formed and consistent, but not verified. Byte fields are views of the record. */
export interface IpnsRecord {
  /** a path (`/ipfs/…`) in UTF-8, a binary CID, or empty */
  readonly value: Uint8Array
  /** ns since the Unix epoch: the last instant at which the record is valid */
  readonly validity: bigint
  /** the validity as the record contains it, RFC 3339 */
  readonly validityBytes: Uint8Array
  readonly sequence: bigint
  /** ns for which a reader may cache the record */
  readonly ttl?: bigint | undefined
  /** protobuf `PublicKey`, not decoded: to be trusted only when its peer ID is the name */
  readonly publicKey?: Uint8Array | undefined
  /** not to be trusted: verify `signatureV2` */
  readonly signatureV1?: Uint8Array | undefined
  /** signs `ipnsSigningInput(data)` */
  readonly signatureV2: Uint8Array
  /** DAG-CBOR: the signed part, from which `value`, `validity`, `sequence` and `ttl` are taken */
  readonly data: Uint8Array
  /** entries of the signed map beside its five fields, if there are any */
  readonly extra?: ReadonlyMap<string, CborValue> | undefined
}

/** IPNS record specification, "Record Size Limit" */
const ipnsRecordLimit = 10_240

/** Tags of the fields, which are read by their index here. */
const tags: readonly number[] = [10, 18, 24, 34, 40, 48, 58, 66, 74]
const valueField = 0
const signatureV1Field = 1
const validityTypeField = 2
const validityField = 3
const sequenceField = 4
const ttlField = 5
const publicKeyField = 6
const signatureV2Field = 7
const dataField = 8

/**
 * Decodes an IPNS record and checks all that needs neither a key nor a clock: strict CBOR, `signatureV2` and `data` present, fields of their types and ranges, the unsigned copies equal to the signed fields when
 * `signatureV1` is present, a readable validity, a value that is a path or a CID. The protobuf around
 * the signed data is read leniently, because anyone can encode it in another way; its normal form is that of
 * `encodeIpnsRecord`.
 *
 * @param bytes - protobuf `IpnsEntry`, at most `options.limit` (10240)
 * @throws RecordError `TOO_LARGE`, `PROTOBUF_…`, `CBOR_…`, `IPNS_…`, `TIME_INVALID`
 * @see IPNS record specification, "Record Verification"
 * @example
 * ```ts
 * const { value, sequence } = decodeIpnsRecord(bytes)
 * ```
 */
export function decodeIpnsRecord(bytes: Uint8Array, options?: DecodeOptions): IpnsRecord {
  const fields = readFieldsLeniently(bytes, limitOf(options, ipnsRecordLimit), 'IPNS record', tags)
  const signatureV2 =
    readFilledBytes(fields, signatureV2Field) ??
    throwRecordError('IPNS_SIGNATURE_MISSING', 'IPNS record has no signatureV2')
  const data = readFilledBytes(fields, dataField) ?? throwRecordError('IPNS_DATA_MISSING', 'IPNS record has no data')
  const signed = findIpnsData(data)
  const signatureV1 = readFilledBytes(fields, signatureV1Field)
  if (
    // without it, readers of V1 ignore the copies, and anyone could have added one
    signatureV1 !== undefined &&
    !(
      equalsSignedBytes(fields, valueField, signed, valueEntry) &&
      equalsSignedBytes(fields, validityField, signed, validityEntry) &&
      equalsSignedEnum(fields, validityTypeField, signed, validityTypeEntry) &&
      equalsSignedInteger(fields, sequenceField, signed, sequenceEntry) &&
      equalsSignedInteger(fields, ttlField, signed, ttlEntry)
    )
  ) {
    throwRecordError('IPNS_MISMATCH', 'unsigned fields of the IPNS record differ from its signed data')
  }
  // compared as halves: a bigint would take longer
  if ((signed.offsets[2 * validityTypeEntry]! | signed.offsets[2 * validityTypeEntry + 1]!) !== 0) {
    throwRecordError('IPNS_VALIDITY_TYPE', `IPNS ValidityType is ${readUint64(signed, validityTypeEntry)}, not 0`)
  }
  const value = readBytes(signed, valueEntry)!
  const validityBytes = readBytes(signed, validityEntry)!
  const validity = readTime(validityBytes, 0, validityBytes.length)
  if (!isIpnsValue(value)) throwRecordError('IPNS_VALUE_INVALID', 'IPNS value is neither a path nor a binary CID')
  const publicKey = readFilledBytes(fields, publicKeyField)
  const record: { -readonly [Name in keyof IpnsRecord]: IpnsRecord[Name] } = {
    value,
    validity,
    validityBytes,
    sequence: readUint64(signed, sequenceEntry),
    signatureV2,
    data
  }
  if (signed.offsets[2 * ttlEntry] !== undefined) record.ttl = readUint64(signed, ttlEntry)
  if (publicKey !== undefined) record.publicKey = publicKey
  if (signatureV1 !== undefined) record.signatureV1 = signatureV1
  if (signed.extra !== undefined) record.extra = signed.extra
  return record
}

/** Whether a bytes field is present and not empty. */
function isFilled({ offsets }: FieldOffsets, index: number): boolean {
  const start = offsets[2 * index]
  return start !== undefined && offsets[2 * index + 1]! > start
}

function readFilledBytes(fields: FieldOffsets, index: number): Uint8Array | undefined {
  return isFilled(fields, index) ? readBytes(fields, index) : undefined
}

/** Whether an unsigned bytes field equals a signed entry. An absent field counts as empty. */
function equalsSignedBytes(unsigned: FieldOffsets, field: number, signed: FieldOffsets, entry: number): boolean {
  const { bytes } = unsigned
  const data = signed.bytes
  let offset = unsigned.offsets[2 * field] ?? 0
  const end = unsigned.offsets[2 * field + 1] ?? 0
  let dataOffset = signed.offsets[2 * entry]!
  let equal = end - offset === signed.offsets[2 * entry + 1]! - dataOffset
  while (equal && offset < end) equal = bytes[offset++] === data[dataOffset++]
  return equal
}

/** As {@link equalsSignedInteger}, for an enum: other implementations cut it off to 32 bits. */
function equalsSignedEnum(unsigned: FieldOffsets, field: number, signed: FieldOffsets, entry: number): boolean {
  return (unsigned.offsets[2 * field] ?? 0) === signed.offsets[2 * entry] && signed.offsets[2 * entry + 1] === 0
}

/** Whether an unsigned integer field equals a signed entry. An absent field counts as 0. */
function equalsSignedInteger(unsigned: FieldOffsets, field: number, signed: FieldOffsets, entry: number): boolean {
  return (
    (unsigned.offsets[2 * field] ?? 0) === signed.offsets[2 * entry] &&
    (unsigned.offsets[2 * field + 1] ?? 0) === signed.offsets[2 * entry + 1]
  )
}
