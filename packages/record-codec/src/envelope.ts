import { limits } from '@recordkit/record-types'
import type { PublicKey } from '@recordkit/record-types'
import { concat } from './concat.ts'
import type { DecodeOptions } from './decode-options.ts'
import { checkBytes, checkObject, throwRecordError } from './throw-record-error.ts'
import { readBytes } from './field-offsets.ts'
import { readFields } from './protobuf-reader.ts'
import { filled, varintSize, writeFields, writeVarint } from './protobuf-writer.ts'
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
  readonly value: Uint8Array
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
  options?: DecodeOptions & { readonly canonical?: boolean | undefined }
): UnverifiedEnvelope {
  const fields = readFields(bytes, options?.limit ?? limits.envelope, 'envelope', [10, 18, 26, 42])
  const [publicKeyBytes, ...parts] = [0, 1, 2, 3].map((index) => readBytes(fields, index))
  if (publicKeyBytes === undefined) throwRecordError('ENVELOPE_INVALID', 'envelope has no public key')
  if (options?.canonical === true && !(fields.ordered && fields.filled)) {
    throwRecordError('ENVELOPE_NOT_CANONICAL', 'envelope is not in its canonical encoding')
  }
  const [payloadType, payload, signature] = parts.map((part) => part ?? bytes.subarray(0, 0)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array
  ]
  return { publicKey: decodePublicKey(publicKeyBytes), publicKeyBytes, payloadType, payload, signature, value: bytes }
}

/**
 * Encodes an envelope, deterministically.
 *
 * @throws RecordError `INVALID_ARGUMENT`, `KEY_TYPE_UNKNOWN`
 */
export function encodeEnvelope(envelope: EnvelopeParts): Uint8Array {
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
  const bytes = new Uint8Array(varintSize(length))
  writeVarint(bytes, 0, length)
  return bytes
}
