import { checkOptions } from '@recordkit/record-types/internal'
import { encodeIpnsRecord, encodePublicKey, ipnsSigningInputV1 } from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import type { PublicKey } from '@recordkit/record-types'
import { normalizeSignature, verifySignature } from './signature.ts'
import type { VerifySignatureOptions } from './signature.ts'

/** Options of {@link normalizeIpnsRecord}. */
export interface NormalizeIpnsOptions extends VerifySignatureOptions {
  /** verifies `signatureV1`, in its normal form. @default verifySignature */
  readonly verify?: typeof verifySignature | undefined
}

/**
 * Returns the normal form of a verified IPNS record, the one encoding to store and forward: every known field once, in the order
 * of the numbers, signatures with the lower s, the embedded key in its canonical encoding. `signatureV1` and the unsigned copies
 * of the signed fields are kept together, and only when `signatureV1` verifies. Never longer than the bytes that were decoded.
 *
 * @param record - verified: `signatureV2` is by `publicKey`, and so is the embedded key, when there is one
 * @throws RecordError `ALGORITHM_MISSING`
 * @example
 * ```ts
 * const value = await normalizeIpnsRecord(decodeIpnsRecord(received), publicKey)
 * ```
 */
export async function normalizeIpnsRecord(
  record: IpnsRecord,
  publicKey: PublicKey,
  options: NormalizeIpnsOptions = {}
): Promise<Uint8Array> {
  checkOptions(options, { algorithms: 0, signal: 0, threads: 0, verify: 0 })
  const { data, signatureV2, signatureV1, value, validityBytes, sequence, ttl } = record
  const { algorithms, verify = verifySignature } = options
  const first = signatureV1 && normalizeSignature(publicKey, signatureV1, algorithms)
  const isGenuine =
    first !== undefined && (await verify(publicKey, ipnsSigningInputV1(value, validityBytes), first, options))
  const copies = isGenuine ? { signatureV1: first, value, validityBytes, sequence, ttl } : undefined
  return encodeIpnsRecord({
    ...copies,
    data,
    signatureV2: normalizeSignature(publicKey, signatureV2, algorithms),
    publicKey: record.publicKey && encodePublicKey(publicKey)
  })
}
