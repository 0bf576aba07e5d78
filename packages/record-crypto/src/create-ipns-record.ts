import { checkBigint } from '@recordkit/record-codec/internal'
import { checkOptions, checkTime } from '@recordkit/record-types/internal'
import {
  encodeIpnsData,
  encodeIpnsRecord,
  encodeIpnsValue,
  encodePublicKey,
  formatTime,
  ipnsSigningInput,
  ipnsSigningInputV1,
  peerIdFromInlineKey
} from '@recordkit/record-codec'
import type { CborValue, IpnsValue } from '@recordkit/record-codec'
import { copyBytes, limits, RecordError, systemClock } from '@recordkit/record-types'
import { checkTtl } from './check-ttl.ts'
import type { SealOptions } from './opened.ts'
import { signerOf } from './signer-of.ts'

/** The fields of an IPNS record. */
export interface IpnsContent {
  /** a path such as `/ipfs/bafy…`, a CID as text or as an object, or a binary CID */
  readonly value: IpnsValue
  /** increases with every change, below 2^63 */
  readonly sequence: bigint
  /** nanoseconds since the Unix epoch; the record is valid up to and including this instant */
  readonly validity: bigint
  /**
   * nanoseconds for which a reader may cache the record, below 2^63. Below a second, whole milliseconds.
   *
   * @default 300_000_000_000n (5 minutes, as in boxo)
   */
  readonly ttl?: bigint | undefined
  /** additional keys of the signed data */
  readonly extra?: ReadonlyMap<string, CborValue> | undefined
}

/** Options of {@link createIpnsRecord}. */
export interface CreateIpnsOptions extends SealOptions {
  /** also write `signatureV1` and the unsigned fields, for readers of the first version. @default true */
  readonly v1Compatible?: boolean | undefined
  /** nanoseconds since the Unix epoch; an earlier validity is refused. @default the current time */
  readonly now?: bigint | undefined
}

const defaultTtl = 300_000_000_000n

/**
 * Creates an IPNS record for the name of the signer. The public key is embedded only when the name does not contain it
 * (RSA, ECDSA).
 *
 * @returns protobuf `IpnsEntry`, at most 10240 bytes: the `value` to put under the routing key of the name
 * @throws RecordError `INVALID_ARGUMENT`, `IPNS_VALUE_INVALID`, `TEXT_INVALID`, `TOO_LARGE`; `EXPIRED` when the validity is in the past
 * @see IPNS record specification, "Record Creation"
 * @example
 * ```ts
 * const validity = timeFromDate(new Date(Date.now() + 48 * 3_600_000))
 * const value = await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 0n, validity }, { signer })
 * ```
 */
export async function createIpnsRecord(
  content: IpnsContent,
  options: CreateIpnsOptions
): Promise<Uint8Array<ArrayBuffer>> {
  const signer = signerOf(options)
  checkOptions(options, { signer: 0, signal: 0, v1Compatible: 0, now: 0 })
  const { sequence, validity, ttl = defaultTtl, extra } = content
  const { signal, v1Compatible = true, now = systemClock() } = options
  // the caller may overwrite its bytes while it is signed
  const value = copyBytes(encodeIpnsValue(content.value))
  checkBigint(validity, 'validity')
  checkTime(now, 'now')
  const data = encodeIpnsData({ value, validity, sequence, ttl, extra })
  checkTtl(ttl)
  if (validity < now) {
    throw new RecordError(
      'EXPIRED',
      `the validity ${formatTime(validity)} is in the past; the current time is ${formatTime(now)}`
    )
  }
  const validityBytes = new TextEncoder().encode(formatTime(validity))
  const [signatureV2, signatureV1] = await Promise.all([
    signer.sign(ipnsSigningInput(data), { signal }),
    v1Compatible ? signer.sign(ipnsSigningInputV1(value, validityBytes), { signal }) : undefined
  ])
  const publicKey = encodePublicKey(signer.publicKey)
  const unsigned = signatureV1 === undefined ? undefined : { signatureV1, value, validityBytes, sequence, ttl }
  // a name that contains its key does not need an embedded one
  const embedded = peerIdFromInlineKey(publicKey) === undefined ? publicKey : undefined
  const record = encodeIpnsRecord({ data, signatureV2, ...unsigned, publicKey: embedded })
  const { length: size } = record
  const limit = limits.ipnsRecord
  if (size > limit) {
    throw new RecordError('TOO_LARGE', `IPNS record is ${size} bytes; the limit is ${limit}`, { size, limit })
  }
  return record
}
