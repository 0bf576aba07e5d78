import { equalBytes } from '@recordkit/record-types'
import type { CborValue } from './cbor-value.ts'
import type { DecodeOptions } from './decode-options.ts'
import { fail } from './fail.ts'
import { readIpnsData } from './ipns-data.ts'
import { isIpnsValue } from './ipns-value.ts'
import { nextField, openProtobuf, readBytes, readUint64, skipField } from './protobuf-reader.ts'
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
  const none = bytes.subarray(0, 0)
  // by field number: bytes, then the numbers
  const parts: Uint8Array[] = []
  const numbers: bigint[] = []
  for (let field; (field = nextField(reader)) > 0;) {
    if (field > 9) skipField(reader)
    else if (field === 3 || field === 5 || field === 6) numbers[field] = readUint64(reader)
    else parts[field] = readBytes(reader)
  }
  const part = (field: number): Uint8Array => parts[field] ?? none
  const signatureV1 = part(2)
  const publicKey = part(7)
  const signatureV2 = part(8)
  const data = part(9)
  if (signatureV2.length === 0) fail('IPNS_SIGNATURE_MISSING', 'IPNS record has no signatureV2')
  if (data.length === 0) fail('IPNS_DATA_MISSING', 'IPNS record has no data')
  const { value, validityType, validityBytes, sequence, ttl, extra } = readIpnsData(data)
  if (
    (signatureV1.length > 0 || part(1).length > 0) &&
    !(
      equalBytes(part(1), value) &&
      equalBytes(part(4), validityBytes) &&
      (numbers[3] ?? 0n) === validityType &&
      (numbers[5] ?? 0n) === sequence &&
      (numbers[6] ?? 0n) === ttl
    )
  ) {
    fail('IPNS_MISMATCH', 'IPNS fields outside of data differ from those inside')
  }
  if (validityType !== 0n) fail('IPNS_VALIDITY_TYPE', `IPNS ValidityType is ${validityType}, not 0`)
  const validity = readTime(validityBytes, 0, validityBytes.length)
  if (!isIpnsValue(value)) fail('IPNS_VALUE_INVALID', 'IPNS value is neither a path nor a binary CID')
  return {
    value,
    validity,
    validityBytes,
    sequence,
    signatureV2,
    data,
    extra,
    ...(ttl !== undefined && { ttl }),
    ...(publicKey.length > 0 && { publicKey }),
    ...(signatureV1.length > 0 && { signatureV1 })
  }
}
