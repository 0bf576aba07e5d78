import type { CborValue } from './cbor-value.ts'
import type { DecodeOptions } from './decode-options.ts'
import { fail } from './fail.ts'
import { readIpnsData } from './ipns-data.ts'
import { isIpnsValue } from './ipns-value.ts'
import { nextField, openProtobuf, readStart, readUint64, skipField } from './protobuf-reader.ts'
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
  /** entries of the signed map beside its five own */
  readonly extra: ReadonlyMap<string, CborValue>
}

/** IPNS record specification, "Record Size Limit" */
const ipnsRecordLimit = 10_240

/**
 * Reads an IPNS record and checks all that needs neither a key nor a clock: at most `options.limit` (10240) bytes,
 * strict protobuf and CBOR, signature and data present, fields of their types and ranges, the unsigned copies equal to
 * the signed fields when `signatureV1` or `value` is present, a readable validity, a value that is a path or a CID.
 *
 * @throws RecordError `TOO_LARGE`, `PROTOBUF_…`, `CBOR_…`, `IPNS_…`, `TIME_INVALID`
 * @see IPNS record specification, "Record Verification"
 */
export function decodeIpnsRecord(bytes: Uint8Array, options?: DecodeOptions): IpnsRecord {
  const reader = openProtobuf(bytes, options?.limit ?? ipnsRecordLimit, 'IPNS record')
  // by field number; what is absent is empty or 0
  const starts = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  const ends = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  const numbers = [0n, 0n, 0n, 0n, 0n, 0n, 0n]
  for (let field; (field = nextField(reader)) > 0;) {
    if (field > 9) skipField(reader)
    else if (field === 3 || field === 5 || field === 6) numbers[field] = readUint64(reader)
    else {
      starts[field] = readStart(reader)
      ends[field] = reader.offset
    }
  }
  const part = (field: number): Uint8Array | undefined => {
    const start = starts[field]!
    const end = ends[field]!
    return end > start ? bytes.subarray(start, end) : undefined
  }
  const signatureV2 = part(8) ?? fail('IPNS_SIGNATURE_MISSING', 'IPNS record has no signatureV2')
  const data = part(9) ?? fail('IPNS_DATA_MISSING', 'IPNS record has no data')
  const { value, validityType, validityBytes, sequence, ttl, extra } = readIpnsData(data)
  const signatureV1 = part(2)
  if (
    (signatureV1 !== undefined || ends[1]! > starts[1]!) &&
    !(
      standsAt(bytes, starts[1]!, ends[1]!, value) &&
      standsAt(bytes, starts[4]!, ends[4]!, validityBytes) &&
      numbers[3] === validityType &&
      numbers[5] === sequence &&
      numbers[6] === ttl
    )
  ) {
    fail('IPNS_MISMATCH', 'IPNS fields outside of data differ from those inside')
  }
  if (validityType !== 0n) fail('IPNS_VALIDITY_TYPE', `IPNS ValidityType is ${validityType}, not 0`)
  const validity = readTime(validityBytes, 0, validityBytes.length)
  if (!isIpnsValue(value)) fail('IPNS_VALUE_INVALID', 'IPNS value is neither a path nor a binary CID')
  const publicKey = part(7)
  const record: { -readonly [Name in keyof IpnsRecord]: IpnsRecord[Name] } = {
    value,
    validity,
    validityBytes,
    sequence,
    signatureV2,
    data,
    extra
  }
  if (ttl !== undefined) record.ttl = ttl
  if (publicKey !== undefined) record.publicKey = publicKey
  if (signatureV1 !== undefined) record.signatureV1 = signatureV1
  return record
}

function standsAt(bytes: Uint8Array, start: number, end: number, part: Uint8Array): boolean {
  const { length } = part
  let same = end - start === length
  for (let index = 0; same && index < length; index++) same = bytes[start + index] === part[index]
  return same
}
