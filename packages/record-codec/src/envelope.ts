import { limits } from '@recordkit/record-types'
import type { PublicKey } from '@recordkit/record-types'
import { joinWithLengths } from './internal/join-with-lengths.ts'
import { limitOf } from './decode-options.ts'
import type { DecodeOptions } from './decode-options.ts'
import { checkBytes, checkObject, throwRecordError } from './throw-record-error.ts'
import { readBytes, view } from './field-offsets.ts'
import { readFieldsLeniently } from './protobuf-reader.ts'
import { filled, writeFields } from './protobuf-writer.ts'
import { encodePublicKey } from './public-key.ts'
import { encodeText } from './text.ts'
import { decodeUnsignedPublicKey } from './unsigned-public-key.ts'

/** A decoded envelope. Its signature is not verified: anyone may have written the payload. */
export interface UnverifiedEnvelope {
  readonly publicKey: PublicKey
  /** the key as protobuf, in its canonical encoding */
  readonly publicKeyBytes: Uint8Array
  readonly payloadType: Uint8Array
  readonly payload: Uint8Array
  readonly signature: Uint8Array
  /** the bytes that were decoded */
  readonly value: Uint8Array
}

/** The parts of an envelope. */
export type EnvelopeParts = Pick<UnverifiedEnvelope, 'publicKey' | 'payloadType' | 'payload' | 'signature'>

/** Tags of the fields, which are read by their index here. */
const tags: readonly number[] = [10, 18, 26, 42]
const publicKeyField = 0
const payloadTypeField = 1
const payloadField = 2
const signatureField = 3

/**
 * Decodes a signed envelope without verifying it. Its fields are views of `bytes`, and empty when they are absent. Everything
 * around the payload is read leniently, because anyone can encode it in another way; the normal form of an envelope is that
 * of {@link encodeEnvelope}.
 *
 * @param bytes - protobuf `Envelope`, at most `options.limit` (64 KiB)
 * @throws RecordError `ENVELOPE_INVALID` without a public key; `TOO_LARGE`, `PROTOBUF_…`; the codes of
 * `decodeUnsignedPublicKey`
 * @see libp2p RFC 0002, "Wire Format"
 * @example
 * ```ts
 * const { publicKey, payloadType } = decodeUnverifiedEnvelope(bytes)
 * ```
 */
export function decodeUnverifiedEnvelope(bytes: Uint8Array, options?: DecodeOptions): UnverifiedEnvelope {
  const fields = readFieldsLeniently(bytes, limitOf(options, limits.envelope), 'envelope', tags)
  const embedded = readBytes(fields, publicKeyField)
  if (embedded === undefined) throwRecordError('ENVELOPE_INVALID', 'envelope has no public key')
  const publicKey = decodeUnsignedPublicKey(embedded)
  return {
    publicKey,
    publicKeyBytes: canonicalKey(embedded, publicKey),
    payloadType: readBytes(fields, payloadTypeField) ?? view(bytes, 0, 0),
    payload: readBytes(fields, payloadField) ?? view(bytes, 0, 0),
    signature: readBytes(fields, signatureField) ?? view(bytes, 0, 0),
    value: bytes
  }
}

/** The canonical encoding of a key. Nearly all envelopes contain it: that of a short key has four bytes before the data. */
function canonicalKey(embedded: Uint8Array, publicKey: PublicKey): Uint8Array {
  const { length } = publicKey.data
  const isCanonical =
    length < 128 && embedded.length === length + 4 && embedded[0] === 8 && embedded[2] === 18 && embedded[3] === length
  return isCanonical ? embedded : encodePublicKey(publicKey)
}

/**
 * Encodes an envelope, deterministically: its normal form, apart from the encoding of the signature.
 *
 * @throws RecordError `INVALID_ARGUMENT`, `KEY_TYPE_UNKNOWN`
 * @example
 * ```ts
 * const signature = await signer.sign(envelopeSigningInput('my-app', payloadType, payload))
 * const bytes = encodeEnvelope({ publicKey: signer.publicKey, payloadType, payload, signature })
 * ```
 */
export function encodeEnvelope(envelope: EnvelopeParts): Uint8Array<ArrayBuffer> {
  checkObject(envelope, 'envelope')
  const { publicKey, payloadType, payload, signature } = envelope
  return writeFields([
    10,
    encodePublicKey(publicKey),
    18,
    filled(payloadType, 'payload type'),
    26,
    filled(payload, 'payload'),
    42,
    filled(signature, 'signature')
  ])
}

/**
 * Returns the bytes that an envelope signs: domain, payload type and payload, each after its length.
 *
 * @throws RecordError `TEXT_INVALID`, `INVALID_ARGUMENT`
 * @see libp2p RFC 0002, "Signature Production and Validation"
 * @example
 * ```ts
 * const signature = await signer.sign(envelopeSigningInput('my-app', payloadType, payload))
 * ```
 */
export function envelopeSigningInput(
  domain: string,
  payloadType: Uint8Array,
  payload: Uint8Array
): Uint8Array<ArrayBuffer> {
  checkBytes(payloadType, 'payload type')
  checkBytes(payload, 'payload')
  return joinWithLengths([encodeText(domain), payloadType, payload])
}
