import type { CborValue } from './cbor-value.ts'
import type { DecodeOptions } from './decode-options.ts'
import { fail } from './fail.ts'
import { bytesOf, uint64Of } from './found-fields.ts'
import type { FoundFields } from './found-fields.ts'
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
  readonly ttl?: bigint
  /** protobuf `PublicKey`, not looked at: only good when its peer ID is the name */
  readonly publicKey?: Uint8Array
  /** never to be trusted */
  readonly signatureV1?: Uint8Array
  /** over `ipnsSigningInput(data)` */
  readonly signatureV2: Uint8Array
  /** DAG-CBOR: the only part that is signed, and the only one whose fields are read */
  readonly data: Uint8Array
  /** entries of the signed map beside its five own, when there are any */
  readonly extra?: ReadonlyMap<string, CborValue>
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
  const signatureV2 = filledBytesOf(fields, 7) ?? fail('IPNS_SIGNATURE_MISSING', 'IPNS record has no signatureV2')
  const data = filledBytesOf(fields, 8) ?? fail('IPNS_DATA_MISSING', 'IPNS record has no data')
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
    fail('IPNS_MISMATCH', 'IPNS fields outside of data differ from those inside')
  }
  if ((signed.places[8]! | signed.places[9]!) !== 0) {
    fail('IPNS_VALIDITY_TYPE', `IPNS ValidityType is ${uint64Of(signed, 4)}, not 0`)
  }
  const value = bytesOf(signed, 1)!
  const validityBytes = bytesOf(signed, 3)!
  const validity = readTime(validityBytes, 0, validityBytes.length)
  if (!isIpnsValue(value)) fail('IPNS_VALUE_INVALID', 'IPNS value is neither a path nor a binary CID')
  const publicKey = filledBytesOf(fields, 6)
  const record: { -readonly [Name in keyof IpnsRecord]: IpnsRecord[Name] } = {
    value,
    validity,
    validityBytes,
    sequence: uint64Of(signed, 2),
    signatureV2,
    data
  }
  if (signed.places[0] !== undefined) record.ttl = uint64Of(signed, 0)
  if (publicKey !== undefined) record.publicKey = publicKey
  if (signatureV1 !== undefined) record.signatureV1 = signatureV1
  if (signed.extra !== undefined) record.extra = signed.extra
  return record
}

/** Whether a field of bytes is there and not empty. */
function isFilled({ places }: FoundFields, index: number): boolean {
  const from = places[2 * index]
  return from !== undefined && places[2 * index + 1]! > from
}

function filledBytesOf(fields: FoundFields, index: number): Uint8Array | undefined {
  return isFilled(fields, index) ? bytesOf(fields, index) : undefined
}

/** Whether a field outside is the signed one inside; one that is absent outside is empty. */
function sameBytes(outside: FoundFields, index: number, inside: FoundFields, signed: number): boolean {
  const { bytes } = outside
  const data = inside.bytes
  let from = outside.places[2 * index] ?? 0
  const to = outside.places[2 * index + 1] ?? 0
  let start = inside.places[2 * signed]!
  let same = to - from === inside.places[2 * signed + 1]! - start
  while (same && from < to) same = bytes[from++] === data[start++]
  return same
}

/** The same of integers, of which one that is absent outside is 0. */
function sameInteger({ places }: FoundFields, index: number, inside: FoundFields, signed: number): boolean {
  return (
    (places[2 * index] ?? 0) === inside.places[2 * signed] &&
    (places[2 * index + 1] ?? 0) === inside.places[2 * signed + 1]
  )
}
