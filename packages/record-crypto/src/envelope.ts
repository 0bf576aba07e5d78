import { decodeUnverifiedEnvelope, encodeEnvelope, envelopeSigningInput } from '@recordkit/record-codec'
import { equalBytes, limits, RecordError } from '@recordkit/record-types'
import type { AbortOptions, PeerId, PublicKey, Signer } from '@recordkit/record-types'
import { checkBytes } from './arguments.ts'
import { peerIdLater } from './peer-id.ts'
import { verifySignature } from './signature.ts'
import type { VerifyOptions } from './signature.ts'

/** What an envelope is made of. */
export interface EnvelopeContent {
  /** what the signature is for; not on the wire */
  readonly domain: string
  /** what the payload is, a multicodec or a path, as bytes */
  readonly payloadType: Uint8Array
  readonly payload: Uint8Array
  readonly signer: Signer
}

/** What an envelope must be for, and within which bounds it is read. */
export interface OpenEnvelopeOptions extends OpenOptions {
  readonly domain: string
  readonly payloadType: Uint8Array
  /** refuse any encoding but the canonical one; `false` when absent */
  readonly canonical?: boolean
}

/** Bounds of opening. */
export interface OpenOptions extends VerifyOptions {
  /** bytes that are read at the most */
  readonly limit?: number
}

/** An envelope whose signature holds. Its bytes are views on the input. */
export interface OpenedEnvelope {
  readonly payload: Uint8Array
  /** the key that signed */
  readonly publicKey: PublicKey
  /** its peer ID */
  readonly author: PeerId
  readonly signature: Uint8Array
  /** the envelope as it was received, for forwarding: encoding it anew may give others */
  readonly bytes: Uint8Array
}

/**
 * Signs `payload` for `domain` and puts it into an envelope.
 *
 * @returns protobuf `Envelope`
 * @see libp2p RFC 0002, "Signature Production and Validation"
 */
export async function sealEnvelope(content: EnvelopeContent, options: AbortOptions = {}): Promise<Uint8Array> {
  const { domain, payloadType, payload, signer } = content
  const signature = await signer.sign(envelopeSigningInput(domain, payloadType, payload), options)
  return encodeEnvelope({ publicKey: signer.publicKey, payloadType, payload, signature })
}

/**
 * Opens an envelope: verifies it for the domain and the payload type that are expected before its payload is handed out.
 *
 * @param bytes - protobuf `Envelope`, at most `limit` bytes (64 KiB)
 * @throws RecordError `ENVELOPE_PAYLOAD_TYPE` when it is for something else, `SIGNATURE_INVALID` when it does not hold,
 * `ALGORITHM_MISSING` when its key is of a type that is not among `algorithms`; the codec's codes for malformed bytes
 * @see libp2p RFC 0002, "Signature Production and Validation"
 */
export async function openEnvelope(bytes: Uint8Array, options: OpenEnvelopeOptions): Promise<OpenedEnvelope> {
  options.signal?.throwIfAborted()
  const { domain, payloadType: expected, limit = limits.envelope, canonical = false } = options
  checkBytes(expected, 'payload type')
  const envelope = decodeUnverifiedEnvelope(bytes, { limit, canonical })
  const { payload, payloadType, publicKey, publicKeyBytes, signature } = envelope
  if (!equalBytes(payloadType, expected)) {
    throw new RecordError(
      'ENVELOPE_PAYLOAD_TYPE',
      `the envelope's payload type is ${hex(payloadType)}; ${hex(expected)} was expected`
    )
  }
  if (!(await verifySignature(publicKey, envelopeSigningInput(domain, payloadType, payload), signature, options))) {
    throw new RecordError('SIGNATURE_INVALID', `the envelope's signature does not hold for the domain ${domain}`)
  }
  return { payload, publicKey, author: await peerIdLater(publicKeyBytes), signature, bytes }
}

function hex(bytes: Uint8Array): string {
  const text = Array.from(bytes.subarray(0, 64), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${text || '(empty)'}${bytes.length > 64 ? '…' : ''}`
}
