import {
  decodeIpnsRecord,
  encodeIpnsData,
  encodeIpnsRecord,
  encodePublicKey,
  formatTime,
  inlinePeerId,
  ipnsSigningInput,
  ipnsSigningInputV1
} from '@recordkit/record-codec'
import type { CborValue } from '@recordkit/record-codec'
import { minute } from '@recordkit/record-types'
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
 * @throws RecordError with the codec's code for a record that no reader would take
 * @see IPNS record specification, "Record Creation"
 */
export async function signIpnsRecord(content: IpnsContent, options: AbortOptions = {}): Promise<Uint8Array> {
  const { signer, sequence, validity, v1Compatible = true } = content
  const value = typeof content.value === 'string' ? new TextEncoder().encode(content.value) : content.value
  const { ttl = 5n * minute, extra } = content
  const data = encodeIpnsData({
    value,
    validity,
    sequence,
    ttl,
    ...(extra === undefined ? {} : { extra })
  })
  const inputV1 = v1Compatible && ipnsSigningInputV1(value, new TextEncoder().encode(formatTime(validity)))
  const [signatureV2, signatureV1] = await Promise.all([
    signer.sign(ipnsSigningInput(data), options),
    inputV1 ? signer.sign(inputV1, options) : undefined
  ])
  const named = inlinePeerId(signer.publicKey) !== undefined
  const record = encodeIpnsRecord({
    data,
    signatureV2,
    ...(signatureV1 === undefined ? {} : { signatureV1 }),
    ...(named ? {} : { publicKey: encodePublicKey(signer.publicKey) })
  })
  decodeIpnsRecord(record)
  return record
}
