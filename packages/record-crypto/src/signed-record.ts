import {
  decodeSignedRecord,
  encodeSignedRecord,
  signedRecordDomain,
  signedRecordPayloadType
} from '@recordkit/record-codec'
import type { SignedRecord } from '@recordkit/record-codec'
import type { PeerId, PublicKey } from '@recordkit/record-types'
import { openEnvelope, sealEnvelope } from './envelope.ts'
import type { OpenOptions } from './envelope.ts'
import type { SealOptions } from './peer-record.ts'

/** A signed record whose signature holds. Whether its author may write its key is the namespace's to say. */
export interface OpenedSignedRecord {
  readonly record: SignedRecord
  readonly publicKey: PublicKey
  readonly author: PeerId
  readonly signature: Uint8Array
  readonly bytes: Uint8Array
}

/**
 * Signs a record for its key.
 *
 * @returns protobuf `Envelope`, canonical: the `value` to put under the record's key
 * @throws RecordError `SIGNED_RECORD_INVALID` for a record that no reader would take
 */
export async function sealSignedRecord(record: SignedRecord, options: SealOptions): Promise<Uint8Array> {
  const content = {
    domain: signedRecordDomain,
    payloadType: signedRecordPayloadType(),
    payload: encodeSignedRecord(record),
    signer: options.signer
  }
  return sealEnvelope(content, options)
}

/**
 * Opens a signed record. Its key must still be compared with the key that it was found under.
 *
 * @param bytes - protobuf `Envelope` in its canonical encoding, at most `limit` bytes (64 KiB)
 * @throws RecordError `ENVELOPE_NOT_CANONICAL`, `SIGNED_RECORD_INVALID`; the codes of `openEnvelope`
 */
export async function openSignedRecord(bytes: Uint8Array, options: OpenOptions = {}): Promise<OpenedSignedRecord> {
  const { payload, publicKey, author, signature } = await openEnvelope(bytes, {
    ...options,
    domain: signedRecordDomain,
    payloadType: signedRecordPayloadType(),
    canonical: true
  })
  return { record: decodeSignedRecord(payload), publicKey, author, signature, bytes }
}
