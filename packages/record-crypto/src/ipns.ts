import {
  encodeIpnsData,
  encodeIpnsRecord,
  encodePublicKey,
  formatTime,
  inlinePeerId,
  ipnsSigningInput,
  ipnsSigningInputV1
} from '@recordkit/record-codec'
import type { CborValue } from '@recordkit/record-codec'
import { limits, minute, RecordError } from '@recordkit/record-types'
import type { AbortOptions, Signer } from '@recordkit/record-types'

/** What an IPNS record says, and who says it. */
export interface IpnsContent {
  /** the name is this key's */
  readonly signer: Signer
  /** a path such as `/ipfs/bafy…`, or a binary CID */
  readonly value: string | Uint8Array
  /** rises with every change, below 2^63 */
  readonly sequence: bigint
  /** nanoseconds since the Unix epoch; the record holds up to and including this instant */
  readonly validity: bigint
  /** nanoseconds for which a reader may answer from its cache, below 2^63; five minutes when absent, as boxo's */
  readonly ttl?: bigint
  /** further keys of the signed data */
  readonly extra?: ReadonlyMap<string, CborValue>
  /** also write the unsigned copies and the signature that older readers look at; `true` when absent */
  readonly v1Compatible?: boolean
}

/**
 * Signs an IPNS record. The public key is embedded only when the name does not hold it (RSA, ECDSA).
 *
 * @returns protobuf `IpnsEntry`, at most 10240 bytes: the `value` to put under the name's routing key
 * @throws RecordError `INVALID_ARGUMENT`, `TEXT_INVALID`, `TOO_LARGE`: no reader would take the record
 * @see IPNS record specification, "Record Creation"
 */
export async function signIpnsRecord(content: IpnsContent, options: AbortOptions = {}): Promise<Uint8Array> {
  const { signer, sequence, validity, v1Compatible = true } = content
  const value = typeof content.value === 'string' ? new TextEncoder().encode(content.value) : content.value
  const { ttl = 5n * minute, extra } = content
  const data = encodeIpnsData({ value, validity, sequence, ttl, ...(extra === undefined ? {} : { extra }) })
  const validityBytes = new TextEncoder().encode(formatTime(validity))
  const [signatureV2, signatureV1] = await Promise.all([
    signer.sign(ipnsSigningInput(data), options),
    v1Compatible ? signer.sign(ipnsSigningInputV1(value, validityBytes), options) : undefined
  ])
  const publicKey = encodePublicKey(signer.publicKey)
  const record = encodeIpnsRecord({
    data,
    signatureV2,
    ...(signatureV1 === undefined ? {} : { signatureV1, value, validityBytes, sequence, ttl }),
    // a name that is its key needs no other
    ...(inlinePeerId(publicKey) === undefined ? { publicKey } : {})
  })
  const { length: size } = record
  const limit = limits.ipnsRecord
  if (size > limit) {
    throw new RecordError('TOO_LARGE', `IPNS record is ${size} bytes; at most ${limit} are read`, { size, limit })
  }
  return record
}
