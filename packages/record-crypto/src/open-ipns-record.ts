import { decodeIpnsRecord, ipnsSigningInput, publicKeyFromPeerId } from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import { equalBytes, RecordError, systemClock } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import type { OpenOptions } from './envelope.ts'
import { verifySignature } from './signature.ts'

/** Whose record it must be, and when. */
export interface OpenIpnsOptions extends OpenOptions {
  /** a name that holds its own key, which every Ed25519 and Secp256k1 name does */
  readonly name: PeerId
  /** nanoseconds since the Unix epoch; the platform's time when absent */
  readonly now?: bigint
}

/**
 * Opens an IPNS record: reads it strictly, verifies it with the key that its name holds, and looks at its validity. For
 * names that are the hash of a key, and where records are ordered, remembered and refused with a verdict, take the
 * `ipns` namespace of record-validators.
 *
 * @param bytes - protobuf `IpnsEntry`, at most `limit` (10240) bytes
 * @throws RecordError `SIGNATURE_INVALID`, `PUBLIC_KEY_MISMATCH` for an embedded key that is not the name's,
 * `PUBLIC_KEY_NOT_FOUND` for a name that is a hash, `EXPIRED`, `ALGORITHM_MISSING`; the codec's codes for malformed bytes
 * @see IPNS record specification, "Record Verification"
 */
export async function openIpnsRecord(bytes: Uint8Array, options: OpenIpnsOptions): Promise<IpnsRecord> {
  const { name, now = systemClock() } = options
  const publicKey = publicKeyFromPeerId(name)
  if (publicKey === undefined) {
    throw new RecordError('PUBLIC_KEY_NOT_FOUND', 'the name is the hash of a key; a name that holds its key is needed')
  }
  const record = decodeIpnsRecord(bytes, options)
  if (record.publicKey !== undefined && !equalBytes(record.publicKey, name.subarray(2))) {
    throw new RecordError('PUBLIC_KEY_MISMATCH', "the key embedded in the IPNS record is not its name's")
  }
  if (!(await verifySignature(publicKey, ipnsSigningInput(record.data), record.signatureV2, options))) {
    throw new RecordError('SIGNATURE_INVALID', "the IPNS record's signatureV2 is not by the key of its name")
  }
  if (now > record.validity) throw new RecordError('EXPIRED', 'the IPNS record is past its validity')
  return record
}
