import type { CborValue } from './cbor-value.ts'
import type { DecodeOptions } from './decode-options.ts'
import { fail } from './fail.ts'
import { readIpnsData } from './ipns-data.ts'
import { isIpnsValue } from './ipns-value.ts'
import { bytesOf, readFields, uint64Of } from './protobuf-reader.ts'
import type { ProtobufFields } from './protobuf-reader.ts'
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
  const { value, validityType, validityBytes, sequence, ttl, extra } = readIpnsData(data)
  const signatureV1 = filledBytesOf(fields, 1)
  if (
    (signatureV1 !== undefined || isFilled(fields, 0)) &&
    !(
      holds(fields, 0, value) &&
      holds(fields, 3, validityBytes) &&
      uint64Of(fields, 2) === validityType &&
      uint64Of(fields, 4) === sequence &&
      uint64Of(fields, 5) === ttl
    )
  ) {
    fail('IPNS_MISMATCH', 'IPNS fields outside of data differ from those inside')
  }
  if (validityType > 0n) fail('IPNS_VALIDITY_TYPE', `IPNS ValidityType is ${validityType}, not 0`)
  const validity = readTime(validityBytes, 0, validityBytes.length)
  if (!isIpnsValue(value)) fail('IPNS_VALUE_INVALID', 'IPNS value is neither a path nor a binary CID')
  const publicKey = filledBytesOf(fields, 6)
  const record: { -readonly [Name in keyof IpnsRecord]: IpnsRecord[Name] } = {
    value,
    validity,
    validityBytes,
    sequence,
    signatureV2,
    data
  }
  if (ttl !== undefined) record.ttl = ttl
  if (publicKey !== undefined) record.publicKey = publicKey
  if (signatureV1 !== undefined) record.signatureV1 = signatureV1
  if (extra !== undefined) record.extra = extra
  return record
}

/** Whether a field of bytes is there and not empty. */
function isFilled({ places }: ProtobufFields, index: number): boolean {
  const from = places[2 * index]
  return from !== undefined && places[2 * index + 1]! > from
}

function filledBytesOf(fields: ProtobufFields, index: number): Uint8Array | undefined {
  return isFilled(fields, index) ? bytesOf(fields, index) : undefined
}

/** Whether a field is `part`; one that is absent is empty. */
function holds({ bytes, places }: ProtobufFields, index: number, part: Uint8Array): boolean {
  const from = places[2 * index] ?? 0
  let same = (places[2 * index + 1] ?? 0) - from === part.length
  for (let offset = 0; same && offset < part.length; offset++) same = bytes[from + offset] === part[offset]
  return same
}
