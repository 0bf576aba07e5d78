import { encodeIpnsRecord } from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import { compareBytes } from '@recordkit/record-types'

/**
 * Two encodings of one IPNS record in one: with the embedded key and the V1 fields of either. Where both have a signature, the larger
 * one is kept: an author can sign the same data twice with ECDSA, and all nodes must come to one value, in any order.
 *
 * @param a - in normal form, as `b`: its key is that of the name, its `signatureV1` is valid
 */
export function completeIpnsRecord(a: IpnsRecord, b: IpnsRecord): Uint8Array {
  const { value, validityBytes, sequence, ttl, data } = a
  const signatureV1 = larger(a.signatureV1, b.signatureV1)
  const copies = signatureV1 && { signatureV1, value, validityBytes, sequence, ttl }
  const signatureV2 = larger(a.signatureV2, b.signatureV2) as Uint8Array
  return encodeIpnsRecord({ ...copies, data, signatureV2, publicKey: a.publicKey ?? b.publicKey })
}

function larger(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return compareBytes(a, b) < 0 ? b : a
}
