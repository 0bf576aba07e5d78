import { equalBytes, limits } from '@recordkit/record-types'
import type { PublicKey } from '@recordkit/record-types'
import { concat } from './concat.ts'
import type { DecodeOptions } from './decode-options.ts'
import { checkBytes, fail } from './fail.ts'
import { nextField, openProtobuf, readBytes, skipField } from './protobuf-reader.ts'
import { encodeProtobuf, writeBytes, writeFilledBytes, writeVarint } from './protobuf-writer.ts'
import { decodePublicKey, encodePublicKey } from './public-key.ts'
import { encodeText } from './text.ts'

/** An envelope whose signature nobody has looked at: its payload is anybody's. */
export interface UnverifiedEnvelope {
  readonly publicKey: PublicKey
  /** the key as it stands in the envelope, protobuf */
  readonly publicKeyBytes: Uint8Array
  readonly payloadType: Uint8Array
  readonly payload: Uint8Array
  readonly signature: Uint8Array
  /** the whole, as it came: forward these and never a new encoding */
  readonly bytes: Uint8Array
}

/** What an envelope is made of. */
export type EnvelopeParts = Pick<UnverifiedEnvelope, 'publicKey' | 'payloadType' | 'payload' | 'signature'>

/**
 * Reads a signed envelope without verifying it; its fields are views on `bytes`, at most `options.limit` (64 KiB).
 * An absent signature is an empty one, which verifies for nobody.
 *
 * @param options - `canonical`: take no other encoding than {@link encodeEnvelope}'s
 * @throws RecordError `ENVELOPE_INVALID` without a public key; `ENVELOPE_NOT_CANONICAL`; `TOO_LARGE`, `PROTOBUF_…`;
 * what `decodePublicKey` throws
 * @see libp2p RFC 0002, "Wire Format"
 */
export function decodeUnverifiedEnvelope(
  bytes: Uint8Array,
  options?: DecodeOptions & { readonly canonical?: boolean }
): UnverifiedEnvelope {
  const reader = openProtobuf(bytes, options?.limit ?? limits.envelope, 'envelope')
  let publicKeyBytes: Uint8Array | undefined
  let payloadType = bytes.subarray(0, 0)
  let payload = payloadType
  let signature = payloadType
  for (let field; (field = nextField(reader)) > 0;) {
    if (field === 1) publicKeyBytes = readBytes(reader)
    else if (field === 2) payloadType = readBytes(reader)
    else if (field === 3) payload = readBytes(reader)
    else if (field === 5) signature = readBytes(reader)
    else skipField(reader)
  }
  if (publicKeyBytes === undefined) fail('ENVELOPE_INVALID', 'envelope has no public key')
  const publicKey = decodePublicKey(publicKeyBytes)
  const envelope = { publicKey, publicKeyBytes, payloadType, payload, signature, bytes }
  if (options?.canonical === true && !equalBytes(encodeEnvelope(envelope), bytes)) {
    fail('ENVELOPE_NOT_CANONICAL', 'envelope is not in its canonical encoding')
  }
  return envelope
}

/**
 * Encodes an envelope, deterministically.
 *
 * @throws RecordError `INVALID_ARGUMENT`, `KEY_TYPE_UNKNOWN`
 */
export function encodeEnvelope(envelope: EnvelopeParts): Uint8Array {
  return encodeProtobuf(writeEnvelope, envelope)
}

function writeEnvelope(envelope: EnvelopeParts, out: Uint8Array | undefined, offset: number): number {
  offset = writeBytes(out, offset, 1, encodePublicKey(envelope.publicKey))
  offset = writeFilledBytes(out, offset, 2, envelope.payloadType)
  offset = writeFilledBytes(out, offset, 3, envelope.payload)
  return writeFilledBytes(out, offset, 5, envelope.signature)
}

/**
 * The bytes that an envelope's signature is over: domain, payload type and payload, each after its length.
 *
 * @throws RecordError `TEXT_INVALID`, `INVALID_ARGUMENT`
 * @see libp2p RFC 0002, "Signature Production and Validation"
 */
export function envelopeSigningInput(domain: string, payloadType: Uint8Array, payload: Uint8Array): Uint8Array {
  checkBytes(payloadType, 'payload type')
  checkBytes(payload, 'payload')
  return concat(...[encodeText(domain), payloadType, payload].flatMap((part) => [lengthOf(part), part]))
}

function lengthOf({ length }: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(writeVarint(undefined, 0, length))
  writeVarint(bytes, 0, length)
  return bytes
}
