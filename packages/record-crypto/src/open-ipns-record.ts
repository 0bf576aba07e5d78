import {
  decodeIpnsRecord,
  encodeIpnsRecord,
  encodePublicKey,
  ipnsSigningInput,
  publicKeyFromPeerId
} from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import { checkBigint, checkBytes, isInlineKey } from '@recordkit/record-codec/internal'
import { dateFromTime, RecordError, systemClock } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import type { OpenOptions } from './envelope.ts'
import type { Opened } from './opened.ts'
import { normalizeSignature, verifySignature } from './signature.ts'

/** The name that an IPNS record must belong to, and the time at which it must be valid. */
export interface OpenIpnsOptions extends OpenOptions {
  /** a name that contains its key, which every Ed25519 and Secp256k1 name does */
  readonly name: PeerId
  /** nanoseconds since the Unix epoch. @default the current time */
  readonly now?: bigint | undefined
}

/**
 * Opens an IPNS record: decodes it, verifies it with the key that its name contains, and checks its validity.
 * For names that are the hash of a key, and to order and cache records, use the `ipns` namespace of record-validators.
 * Only `signatureV2` is verified: the `value` of the result is without the V1 fields. To store or forward a record with them, use
 * `normalizeIpnsRecord`.
 *
 * @param value - protobuf `IpnsEntry`, at most `limit` (10240) bytes
 * @throws RecordError `SIGNATURE_INVALID`, `PUBLIC_KEY_MISMATCH` for an embedded key that is not the key of the name,
 * `PUBLIC_KEY_NOT_FOUND` for a name that is a hash, `EXPIRED`, `ALGORITHM_MISSING`, `INVALID_ARGUMENT`; the codec's codes for malformed
 * bytes
 * @see IPNS record specification, "Record Verification"
 * @example
 * ```ts
 * const { content } = await openIpnsRecord(value, { name: parseIpnsName('k51…') })
 * console.log(new TextDecoder().decode(content.value))
 * ```
 */
export async function openIpnsRecord(value: Uint8Array, options: OpenIpnsOptions): Promise<Opened<IpnsRecord>> {
  const { name, now = systemClock() } = (options as Partial<OpenIpnsOptions> | undefined) ?? {}
  checkBytes(name, 'name')
  checkBigint(now, 'now')
  checkBytes(value, 'value')
  // copied: the caller may change its bytes while they are verified
  const [own, author] = [new Uint8Array(value), new Uint8Array(name)]
  const publicKey = publicKeyFromPeerId(author)
  if (publicKey === undefined) {
    throw new RecordError('PUBLIC_KEY_NOT_FOUND', 'the name is the hash of a key and does not contain the key')
  }
  const content = decodeIpnsRecord(own, options)
  const signature = normalizeSignature(publicKey, content.signatureV2, options.algorithms)
  if (content.publicKey !== undefined && !isInlineKey(content.publicKey, publicKey)) {
    throw new RecordError('PUBLIC_KEY_MISMATCH', 'the key embedded in the IPNS record is not the key of its name')
  }
  if (!(await verifySignature(publicKey, ipnsSigningInput(content.data), signature, options))) {
    throw new RecordError('SIGNATURE_INVALID', 'the signatureV2 of the IPNS record is not by the key of its name')
  }
  if (now > content.validity) {
    throw new RecordError('EXPIRED', `the IPNS record was valid until ${dateFromTime(content.validity).toISOString()}`)
  }
  // without the V1 fields, which are not verified
  const embedded = content.publicKey && encodePublicKey(publicKey)
  const verified = encodeIpnsRecord({ data: content.data, signatureV2: signature, publicKey: embedded })
  return { author, publicKey, signature, value: verified, content }
}
