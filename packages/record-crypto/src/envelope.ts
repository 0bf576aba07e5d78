import { decodeUnverifiedEnvelope, encodeEnvelope, envelopeSigningInput } from '@recordkit/record-codec'
import { equalBytes, limits, RecordError } from '@recordkit/record-types'
import { toHex } from '@recordkit/record-types/internal'
import { checkBytes } from './arguments.ts'
import type { Opened, SealOptions } from './opened.ts'
import { peerIdFromEncodedKeyAsync } from './peer-id.ts'
import { verifySignature } from './signature.ts'
import type { VerifySignatureOptions } from './signature.ts'

/** What an envelope is made of. */
export interface EnvelopeContent {
  /** what the signature is for; it is signed, but not part of the envelope */
  readonly domain: string
  /** the type of the payload, a multicodec or a path, as bytes */
  readonly payloadType: Uint8Array
  readonly payload: Uint8Array
}

/** Options for opening any signed value. */
export interface OpenOptions extends VerifySignatureOptions {
  /** maximum size in bytes */
  readonly limit?: number | undefined
}

/** What an envelope must be for. */
export interface OpenEnvelopeOptions extends OpenOptions {
  readonly domain: string
  readonly payloadType: Uint8Array
  /** refuse every encoding but the canonical one. @default false */
  readonly canonical?: boolean | undefined
}

/**
 * Signs a payload for a domain and puts it into an envelope.
 *
 * @returns protobuf `Envelope`
 * @throws RecordError `INVALID_ARGUMENT`, `TEXT_INVALID`
 * @see libp2p RFC 0002, "Signature Production and Validation"
 * @example
 * ```ts
 * const value = await sealEnvelope({ domain: 'my-app', payloadType, payload }, { signer })
 * ```
 */
export async function sealEnvelope(content: EnvelopeContent, { signer, signal }: SealOptions): Promise<Uint8Array> {
  const { domain, payloadType, payload } = content
  const signature = await signer.sign(envelopeSigningInput(domain, payloadType, payload), { signal })
  return encodeEnvelope({ publicKey: signer.publicKey, payloadType, payload, signature })
}

/**
 * Opens an envelope: verifies it for the expected domain and payload type, then returns its payload as `content`.
 *
 * @param value - protobuf `Envelope`, at most `limit` bytes (64 KiB)
 * @throws RecordError `ENVELOPE_PAYLOAD_TYPE` when it is for something else, `SIGNATURE_INVALID`, `ALGORITHM_MISSING` when
 * its key has a type that is not among `algorithms`; the codec's codes for malformed bytes
 * @see libp2p RFC 0002, "Signature Production and Validation"
 * @example
 * ```ts
 * const { author, content } = await openEnvelope(value, { domain: 'my-app', payloadType })
 * ```
 */
export async function openEnvelope(value: Uint8Array, options: OpenEnvelopeOptions): Promise<Opened<Uint8Array>> {
  options.signal?.throwIfAborted()
  const { domain, payloadType: expected, limit = limits.envelope, canonical = false } = options
  checkBytes(expected, 'payload type')
  const envelope = decodeUnverifiedEnvelope(value, { limit, canonical })
  const { payload, payloadType, publicKey, publicKeyBytes, signature } = envelope
  if (!equalBytes(payloadType, expected)) {
    throw new RecordError(
      'ENVELOPE_PAYLOAD_TYPE',
      `the payload type of the envelope is ${hex(payloadType)}; expected ${hex(expected)}`
    )
  }
  if (!(await verifySignature(publicKey, envelopeSigningInput(domain, payloadType, payload), signature, options))) {
    throw new RecordError('SIGNATURE_INVALID', `the signature of the envelope is invalid for the domain ${domain}`)
  }
  return { author: await peerIdFromEncodedKeyAsync(publicKeyBytes), publicKey, signature, value, content: payload }
}

function hex(bytes: Uint8Array): string {
  return `${toHex(bytes.subarray(0, 64)) || '(empty)'}${bytes.length > 64 ? '…' : ''}`
}
