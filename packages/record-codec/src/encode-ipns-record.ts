import { encodeCbor } from './cbor-writer.ts'
import type { CborValue } from './cbor-value.ts'
import { concat } from './concat.ts'
import { checkBytes, checkObject, failArgument } from './throw-record-error.ts'
import type { IpnsRecord } from './ipns-record.ts'
import { isIpnsValue } from './ipns-value.ts'
import { writeFields } from './protobuf-writer.ts'
import { encodeText } from './text.ts'
import { timeBytes } from './time.ts'

/** What an IPNS record says, to be encoded and signed. */
export interface IpnsData {
  /** a path (`/ipfs/…`) in UTF-8, a binary CID, or nothing */
  readonly value: Uint8Array
  /** ns since the Unix epoch: the last instant at which it is valid */
  readonly validity: bigint
  /** below 2^63 */
  readonly sequence: bigint
  /** ns, below 2^63: how long a reader may answer from its cache */
  readonly ttl?: bigint | undefined
  /** more entries of the signed map, under other names than its five own */
  readonly extra?: ReadonlyMap<string, CborValue> | undefined
}

/**
 * What an IPNS record is made of: with `signatureV1` also the unsigned copies of the signed fields, for readers of the
 * first version. A record that was read has them all.
 */
export type IpnsRecordParts = Pick<IpnsRecord, 'data' | 'signatureV2'> & Partial<IpnsRecord>

/**
 * Encodes the map that an IPNS record signs, as DAG-CBOR with its keys in canonical order.
 *
 * @throws RecordError `INVALID_ARGUMENT`, `TEXT_INVALID`
 * @see IPNS record specification, "Extensible Data (DAG-CBOR)"
 */
export function encodeIpnsData(data: IpnsData): Uint8Array {
  checkObject(data, 'data')
  const { value, validity, sequence, ttl, extra } = data
  checkBytes(value, 'value')
  if (!isIpnsValue(value)) failArgument('value must be a path or a binary CID')
  for (const number of [sequence, ttl ?? 0n]) {
    if (typeof number !== 'bigint' || BigInt.asUintN(63, number) !== number) {
      failArgument('sequence and ttl must be bigints from 0 to 2^63 - 1')
    }
  }
  const own: [string, CborValue][] = [
    ['Value', value],
    ['Validity', timeBytes(validity)],
    ['ValidityType', 0n],
    ['Sequence', sequence]
  ]
  if (ttl !== undefined) own.push(['TTL', ttl])
  if (extra !== undefined && !(extra instanceof Map)) failArgument('extra must be a Map')
  const map = new Map(extra)
  for (const name of ['Value', 'Validity', 'ValidityType', 'Sequence', 'TTL']) {
    if (map.has(name)) failArgument(`extra must not hold ${name}`)
  }
  return encodeCbor(new Map([...own, ...map]))
}

/**
 * Encodes an IPNS record, deterministically. That the copies are what `data` says is the caller's to see to.
 *
 * @throws RecordError `INVALID_ARGUMENT`
 */
export function encodeIpnsRecord(parts: IpnsRecordParts): Uint8Array {
  checkObject(parts, 'parts')
  const { data, signatureV2, signatureV1, publicKey, value, validityBytes, sequence, ttl } = parts
  const copied = signatureV1 !== undefined
  const numbers = typeof sequence === 'bigint' && typeof ttl === 'bigint'
  if (!data || !signatureV2 || (copied && !(value && validityBytes && numbers))) {
    failArgument('data and signatureV2 must be given, and with signatureV1 value, validityBytes, sequence and ttl')
  }
  const copies = copied ? [10, value, 18, signatureV1, 24, 0, 34, validityBytes, 40, sequence, 48, ttl] : []
  return writeFields([...copies, 58, publicKey, 66, signatureV2, 74, data])
}

/** The bytes that `signatureV1` is over: value, validity, `EOL`. */
export function ipnsSigningInputV1(value: Uint8Array, validityBytes: Uint8Array): Uint8Array {
  checkBytes(value, 'value')
  checkBytes(validityBytes, 'validity')
  return concat(value, validityBytes, encodeText('EOL'))
}
