import { encodeCbor } from './cbor-writer.ts'
import type { CborValue } from './cbor-value.ts'
import { concat } from './internal/concat.ts'
import { checkBytes, checkObject, failArgument, failType } from './throw-record-error.ts'
import { isMap } from './is-map.ts'
import type { IpnsRecord } from './ipns-record.ts'
import { isIpnsValue } from './ipns-value.ts'
import { writeFields } from './protobuf-writer.ts'
import { encodeText } from './text.ts'
import { timeBytes } from './time.ts'

/** The content of an IPNS record, to be encoded and signed. */
export interface IpnsData {
  /** a path (`/ipfs/…`) in UTF-8, a binary CID, or empty */
  readonly value: Uint8Array
  /** ns since the Unix epoch: the last instant at which the record is valid */
  readonly validity: bigint
  /** below 2^63 */
  readonly sequence: bigint
  /** ns for which a reader may cache the record, below 2^63 */
  readonly ttl?: bigint | undefined
  /** more entries of the signed map, under other names than those of the five fields */
  readonly extra?: ReadonlyMap<string, CborValue> | undefined
}

/**
 * The parts of an IPNS record. With `signatureV1`, the unsigned copies of the signed fields are required, too: readers
 * of the first version use them. A decoded record has all of them.
 */
export type IpnsRecordParts = Pick<IpnsRecord, 'data' | 'signatureV2'> & Partial<IpnsRecord>

/**
 * Encodes the map that an IPNS record signs, as DAG-CBOR with its keys in canonical order.
 *
 * @throws RecordError `INVALID_ARGUMENT`, `TEXT_INVALID`
 * @see IPNS record specification, "Extensible Data (DAG-CBOR)"
 * @example
 * ```ts
 * const data = encodeIpnsData({ value: new TextEncoder().encode('/ipfs/bafkqaaa'), validity, sequence: 0n })
 * ```
 */
export function encodeIpnsData(data: IpnsData): Uint8Array<ArrayBuffer> {
  checkObject(data, 'data')
  const { value, validity, sequence, ttl, extra } = data
  checkBytes(value, 'value')
  if (!isIpnsValue(value))
    failArgument('value is ' + value.length + ' bytes; a path such as /ipfs/bafy… or a binary CID is expected')
  checkUint63(sequence, 'sequence')
  if (ttl !== undefined) checkUint63(ttl, 'ttl')
  const own: [string, CborValue][] = [
    ['Value', value],
    ['Validity', timeBytes(validity)],
    ['ValidityType', 0n],
    ['Sequence', sequence]
  ]
  if (ttl !== undefined) own.push(['TTL', ttl])
  if (extra !== undefined && !isMap(extra)) failType(extra, 'extra', 'a Map')
  const map = new Map(extra)
  for (const name of ['Value', 'Validity', 'ValidityType', 'Sequence', 'TTL']) {
    if (map.has(name)) failArgument(`extra must not contain ${name}`)
  }
  return encodeCbor(new Map([...own, ...map]))
}

function checkUint63(number: bigint, name: string): void {
  if (typeof number !== 'bigint' || BigInt.asUintN(63, number) !== number) {
    failType(number, name, 'a bigint from 0 to 2^63 - 1')
  }
}

/**
 * Encodes an IPNS record, deterministically. Does not compare the unsigned copies with `data`.
 *
 * @throws RecordError `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const signatureV2 = await signer.sign(ipnsSigningInput(data))
 * const value = encodeIpnsRecord({ data, signatureV2 })
 * ```
 */
export function encodeIpnsRecord(parts: IpnsRecordParts): Uint8Array<ArrayBuffer> {
  checkObject(parts, 'parts')
  const { data, signatureV2, signatureV1, publicKey, value, validityBytes, sequence, ttl } = parts
  const copied = signatureV1 !== undefined
  const numbers = typeof sequence === 'bigint' && typeof ttl === 'bigint'
  if (!data || !signatureV2 || (copied && !(value && validityBytes && numbers))) {
    failArgument('data and signatureV2 are required; with signatureV1 also value, validityBytes, sequence and ttl')
  }
  const copies = copied ? [10, value, 18, signatureV1, 24, 0, 34, validityBytes, 40, sequence, 48, ttl] : []
  return writeFields([...copies, 58, publicKey, 66, signatureV2, 74, data])
}

/**
 * Returns the bytes that `signatureV1` signs: value, validity, `EOL`.
 *
 * @throws RecordError `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const signatureV1 = await signer.sign(ipnsSigningInputV1(value, validityBytes))
 * ```
 */
export function ipnsSigningInputV1(value: Uint8Array, validityBytes: Uint8Array): Uint8Array<ArrayBuffer> {
  checkBytes(value, 'value')
  checkBytes(validityBytes, 'validity')
  return concat(value, validityBytes, encodeText('EOL'))
}
