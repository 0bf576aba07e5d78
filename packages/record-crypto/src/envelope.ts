import { decodeUnverifiedEnvelope, encodeEnvelope, envelopeSigningInput } from '@recordkit/record-codec'
import { equalBytes, limits, RecordError } from '@recordkit/record-types'
import { checkOptions, toHex } from '@recordkit/record-types/internal'
import type { OptionNames } from '@recordkit/record-types/internal'
import { checkBytes } from '@recordkit/record-codec/internal'
import type { Opened, SealOptions } from './opened.ts'
import { signerOf } from './signer-of.ts'
import { peerIdFromEncodedKeyAsync } from './peer-id.ts'
import { normalizeSignature, verifySignature } from './signature.ts'
import type { VerifySignatureOptions } from './signature.ts'

/** The content of an envelope. */
export interface EnvelopeContent {
  /** the purpose of the signature; signed, but not part of the envelope */
  readonly domain: string
  /** the type of the payload, a multicodec or a path, as bytes */
  readonly payloadType: Uint8Array
  readonly payload: Uint8Array
}

/** Options for opening any signed value. */
export interface OpenOptions extends VerifySignatureOptions {
  /** maximum size in bytes. @default the limit that the function documents */
  readonly limit?: number | undefined
}

/** The names of the options for opening any signed value. */
export const openNames: OptionNames<OpenOptions> = { algorithms: 0, limit: 0, signal: 0, threads: 0 }

/** The domain and the payload type that an envelope must have. */
export interface OpenEnvelopeOptions extends OpenOptions {
  readonly domain: string
  readonly payloadType: Uint8Array
}

/**
 * Seals a payload for a domain in a signed envelope.
 *
 * @returns protobuf `Envelope`
 * @throws RecordError `INVALID_ARGUMENT`, `TEXT_INVALID`
 * @see libp2p RFC 0002, "Signature Production and Validation"
 * @example
 * ```ts
 * const value = await sealEnvelope({ domain: 'my-app', payloadType, payload }, { signer })
 * ```
 */
export async function sealEnvelope(content: EnvelopeContent, options: SealOptions): Promise<Uint8Array<ArrayBuffer>> {
  const signer = signerOf(options)
  checkOptions(options, { signer: 0, signal: 0 })
  const { signal } = options
  const { domain, payloadType, payload } = content
  const signature = await signer.sign(envelopeSigningInput(domain, payloadType, payload), { signal })
  return encodeEnvelope({ publicKey: signer.publicKey, payloadType, payload, signature })
}

/**
 * Opens an envelope: verifies it for the expected domain and payload type, then returns its payload as `content`.
 *
 * @param value - protobuf `Envelope`, at most `limit` bytes (64 KiB)
 * @throws RecordError `ENVELOPE_PAYLOAD_TYPE` for another payload type, `SIGNATURE_INVALID`, `ALGORITHM_MISSING` for a
 * key type that is not among `algorithms`; the codes of record-codec for malformed bytes
 * @see libp2p RFC 0002, "Signature Production and Validation"
 * @example
 * ```ts
 * const { author, content } = await openEnvelope(value, { domain: 'my-app', payloadType })
 * ```
 */
export async function openEnvelope(value: Uint8Array, options: OpenEnvelopeOptions): Promise<Opened<Uint8Array>> {
  checkOptions(options, { ...openNames, domain: 0, payloadType: 0 })
  options.signal?.throwIfAborted()
  const { domain, payloadType: expected, limit = limits.envelope } = options
  checkBytes(expected, 'payload type')
  checkBytes(value, 'value')
  // copied: the caller may change its bytes while they are verified
  const envelope = decodeUnverifiedEnvelope(new Uint8Array(value), { limit })
  const { payload, payloadType, publicKey, publicKeyBytes } = envelope
  const signature = normalizeSignature(publicKey, envelope.signature, options.algorithms)
  if (!equalBytes(payloadType, expected)) {
    throw new RecordError(
      'ENVELOPE_PAYLOAD_TYPE',
      `the payload type of the envelope is ${hex(payloadType)}; expected ${hex(expected)}`
    )
  }
  if (!(await verifySignature(publicKey, envelopeSigningInput(domain, payloadType, payload), signature, options))) {
    throw new RecordError('SIGNATURE_INVALID', `the signature of the envelope is invalid for the domain ${domain}`)
  }
  return {
    author: await peerIdFromEncodedKeyAsync(publicKeyBytes),
    publicKey,
    signature,
    value: encodeEnvelope({ publicKey, payloadType, payload, signature }),
    content: payload
  }
}

function hex(bytes: Uint8Array): string {
  return `${toHex(bytes.subarray(0, 64)) || '(empty)'}${bytes.length > 64 ? '…' : ''}`
}
