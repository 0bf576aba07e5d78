import {
  decodeIpnsRecord,
  decodeUnsignedPublicKey,
  encodeIpnsRecord,
  encodePublicKey,
  ipnsSigningInput,
  publicKeyFromPeerId
} from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import { checkBigint, checkBytes, isInlineKey } from '@recordkit/record-codec/internal'
import { dateFromTime, equalBytes, RecordError, systemClock } from '@recordkit/record-types'
import type { PeerId, PublicKey } from '@recordkit/record-types'
import type { OpenOptions } from './envelope.ts'
import type { Opened } from './opened.ts'
import { peerIdFromPublicKey } from './peer-id.ts'
import { normalizeSignature, verifySignature } from './signature.ts'

/** The name that an IPNS record must belong to, and the time at which it must be valid. */
export interface OpenIpnsOptions extends OpenOptions {
  readonly name: PeerId
  /**
   * the key of a name that is a hash (RSA, ECDSA), for records without an embedded key. Ed25519 and Secp256k1 names contain theirs
   */
  readonly publicKey?: PublicKey | undefined
  /** nanoseconds since the Unix epoch. @default the current time */
  readonly now?: bigint | undefined
}

/**
 * Opens an IPNS record: decodes it, verifies it with the key of its name, and checks its validity. The key is the one that the name
 * contains; for a name that is the hash of a key (RSA, ECDSA) the one embedded in the record, else the one given. To order and cache
 * records, use the `ipns` namespace of record-validators.
 * Only `signatureV2` is verified: the `value` of the result is without the V1 fields. To store or forward a record with them, use
 * `normalizeIpnsRecord`.
 *
 * @param value - protobuf `IpnsEntry`, at most `limit` (10240) bytes
 * @throws RecordError `SIGNATURE_INVALID`, `PUBLIC_KEY_MISMATCH` for an embedded or given key that is not the key of the name,
 * `PUBLIC_KEY_NOT_FOUND` for a name that is a hash when there is neither, `EXPIRED`, `ALGORITHM_MISSING`, `INVALID_ARGUMENT`; the codec's codes for malformed
 * bytes
 * @see IPNS record specification, "Record Verification"
 * @example
 * ```ts
 * const { content } = await openIpnsRecord(value, { name: parseIpnsName('k51…') })
 * console.log(new TextDecoder().decode(content.value))
 * ```
 * @example
 * ```ts
 * const { content } = await openIpnsRecord(value, { name: parseIpnsName('QmRsa…'), algorithms: [ed25519, rsa] })
 * ```
 */
export async function openIpnsRecord(value: Uint8Array, options: OpenIpnsOptions): Promise<Opened<IpnsRecord>> {
  const { name, now = systemClock() } = (options as Partial<OpenIpnsOptions> | undefined) ?? {}
  checkBytes(name, 'name')
  checkBigint(now, 'now')
  checkBytes(value, 'value')
  // copied: the caller may change its bytes while they are verified
  const [own, author] = [new Uint8Array(value), new Uint8Array(name)]
  const content = decodeIpnsRecord(own, options)
  const publicKey = keyOfName(author, content, options.publicKey)
  const signature = normalizeSignature(publicKey, content.signatureV2, options.algorithms)
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

function keyOfName(name: PeerId, { publicKey: embedded }: IpnsRecord, given: PublicKey | undefined): PublicKey {
  const inlined = publicKeyFromPeerId(name)
  if (inlined !== undefined) {
    if (embedded !== undefined && !isInlineKey(embedded, inlined)) throw mismatch('embedded in the IPNS record')
    return inlined
  }
  const publicKey = embedded === undefined ? given : decodeUnsignedPublicKey(embedded)
  if (publicKey === undefined) {
    const message = 'the name is the hash of a key, and the record does not contain the key; pass it as `publicKey`'
    throw new RecordError('PUBLIC_KEY_NOT_FOUND', message)
  }
  if (equalBytes(peerIdFromPublicKey(publicKey), name)) return publicKey
  throw mismatch(embedded === undefined ? 'given as `publicKey`' : 'embedded in the IPNS record')
}

function mismatch(which: string): RecordError {
  return new RecordError('PUBLIC_KEY_MISMATCH', `the key ${which} is not the key of its name`)
}
