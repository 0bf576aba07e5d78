import {
  decodeIpnsRecord,
  decodeUnsignedPublicKey,
  encodeIpnsRecord,
  encodePublicKey,
  ipnsSigningInput,
  publicKeyFromPeerId
} from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import { checkBytes, isInlineKey } from '@recordkit/record-codec/internal'
import { dateFromTime, equalBytes, isRecordError, RecordError, systemClock } from '@recordkit/record-types'
import type { PeerId, PublicKey } from '@recordkit/record-types'
import { checkOptions, checkTime } from '@recordkit/record-types/internal'
import { openNames } from './envelope.ts'
import type { OpenOptions } from './envelope.ts'
import type { Opened } from './opened.ts'
import { peerIdFromEncodedKeyAsync } from './peer-id.ts'
import { normalizeSignature, verifySignature } from './signature.ts'

/** The name that an IPNS record must belong to, and the time at which it must be valid. */
export interface OpenIpnsOptions extends OpenOptions {
  readonly name: PeerId
  /**
   * the key of a name that is its hash (RSA, ECDSA), for records that do not contain it.
   *
   * @default the key in the name, else the one that is embedded in the record
   */
  readonly publicKey?: PublicKey | undefined
  /** nanoseconds since the Unix epoch. @default the current time */
  readonly now?: bigint | undefined
}

/**
 * Opens an IPNS record: decodes it, verifies it with the key of its name, and checks its validity. RSA and ECDSA names are hashes of
 * their keys: the key is embedded in the record, or passed as an option, and its algorithm is passed as `algorithms`.
 * To order and cache records, use the `ipns` namespace of record-validators.
 * Only `signatureV2` is verified: the `value` of the result is without the V1 fields. To store or forward a record with them, use
 * `normalizeIpnsRecord`.
 *
 * @param value - protobuf `IpnsEntry`, at most `limit` (10240) bytes
 * @throws RecordError `SIGNATURE_INVALID`, `PUBLIC_KEY_MISMATCH` for a key that is not the key of the name,
 * `PUBLIC_KEY_NOT_FOUND` for a name that is a hash when there is no key, `EXPIRED`, `ALGORITHM_MISSING`, `INVALID_ARGUMENT`; the codec's
 * codes for malformed bytes
 * @see IPNS record specification, "Record Verification"
 * @example
 * ```ts
 * const { content } = await openIpnsRecord(value, { name: parseIpnsName('k51…') })
 * console.log(new TextDecoder().decode(content.value))
 * ```
 */
export async function openIpnsRecord(value: Uint8Array, options: OpenIpnsOptions): Promise<Opened<IpnsRecord>> {
  checkOptions(options ?? {}, { ...openNames, name: 0, publicKey: 0, now: 0 })
  const { name, now = systemClock() } = (options as Partial<OpenIpnsOptions> | undefined) ?? {}
  if (typeof name === 'string')
    throw new RecordError('INVALID_ARGUMENT', 'name is a string; a Uint8Array is expected: pass text to parseIpnsName')
  checkBytes(name, 'name')
  checkTime(now, 'now')
  // of the years 2020 to 2099 in ms; in ns it is a time in 1970, at which every record is valid
  if (now >= 1_577_836_800_000n && now < 4_102_444_800_000n)
    throw new RecordError(
      'INVALID_ARGUMENT',
      `now is ${now}n milliseconds; nanoseconds since the Unix epoch are expected`
    )
  checkBytes(value, 'value')
  // copied: the caller may change its bytes while they are verified
  const [own, author] = [new Uint8Array(value), new Uint8Array(name)]
  const content = decode(own, options)
  const publicKey = await keyOfName(author, content, options.publicKey)
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

/** @throws RecordError the code of the codec, with a message that says so when the bytes are a page or JSON instead of a record */
function decode(value: Uint8Array, { limit }: OpenIpnsOptions): IpnsRecord {
  try {
    return decodeIpnsRecord(value, { limit })
  } catch (error) {
    // < or {
    if (isRecordError(error) && (value[0] === 0x3c || value[0] === 0x7b))
      throw new RecordError(error.code, 'the value is HTML or JSON text; the bytes of an IPNS record are expected', {
        cause: error
      })
    throw error
  }
}

/** @throws RecordError `PUBLIC_KEY_MISMATCH`, `PUBLIC_KEY_NOT_FOUND`; the codes of malformed keys */
async function keyOfName(
  name: PeerId,
  { publicKey: embedded }: IpnsRecord,
  given: PublicKey | undefined
): Promise<PublicKey> {
  const inline = publicKeyFromPeerId(name)
  const key = inline ?? given ?? (embedded && decodeUnsignedPublicKey(embedded))
  if (key === undefined)
    throw new RecordError(
      'PUBLIC_KEY_NOT_FOUND',
      'the name is the hash of a key, which is not in the record either; pass the option `publicKey`'
    )
  const matches =
    inline === undefined
      ? equalBytes(await peerIdFromEncodedKeyAsync(encodePublicKey(key)), name)
      : embedded === undefined || isInlineKey(embedded, inline)
  if (!matches) throw new RecordError('PUBLIC_KEY_MISMATCH', 'the key of the IPNS record is not the key of its name')
  return key
}
