import { encodeUvarint } from '@recordkit/record-codec'
import { RecordError } from '@recordkit/record-types'
import type { AbortOptions } from '@recordkit/record-types'
import { raceAbort } from '@recordkit/record-types/internal'

/** The part of a libp2p stream that is used. */
export interface ByteStream extends AsyncIterable<Uint8Array | { subarray(): Uint8Array }> {
  send(bytes: Uint8Array): boolean
  close(options?: AbortOptions): Promise<void>
  abort(error: Error): void
}

/** Opens a stream to one peer. A libp2p node is a dialer. */
export interface ProtocolDialer<Peer = unknown> {
  dialProtocol(peer: Peer, protocol: string, options?: AbortOptions): Promise<ByteStream>
}

/** bytes by which a response may be larger than the record in it: it may list closer peers too */
const maxExtraBytes = 65_536

/**
 * Sends a message, prefixed with its length, and reads one response.
 *
 * @param maxRecord - bytes of the record in the response. @default the size of the message, which the response echoes
 * @throws RecordError `TOO_LARGE` when the length prefix of the response exceeds the limit, before more is read;
 * `ROUTING_FAILED` when the peer ends the stream without a response; the errors of the stream; the reason of the signal
 */
export async function sendRequest<Peer>(
  dialer: ProtocolDialer<Peer>,
  peer: Peer,
  protocol: string,
  message: Uint8Array,
  options: AbortOptions,
  maxRecord: number = message.length
): Promise<Uint8Array> {
  const { signal } = options
  signal?.throwIfAborted()
  const opening = dialer.dialProtocol(peer, protocol, options)
  try {
    const stream = await raceAbort(opening, signal)
    stream.send(withLength(message))
    const response = await raceAbort(readMessage(stream, maxRecord + maxExtraBytes), signal)
    stream.close(options).catch(() => abortStream(stream, new Error('the stream did not close')))
    return response
  } catch (error) {
    // a stream that opens later is aborted too
    opening.then(
      (stream) => abortStream(stream, asError(error)),
      () => undefined
    )
    throw error
  }
}

/** Aborts a stream. Never throws. */
export function abortStream(stream: ByteStream, error: Error): void {
  try {
    stream.abort(error)
  } catch {
    // the stream has ended already
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason })
}

function withLength(message: Uint8Array): Uint8Array {
  const length = encodeUvarint(BigInt(message.length))
  const bytes = new Uint8Array(length.length + message.length)
  bytes.set(length)
  bytes.set(message, length.length)
  return bytes
}

async function readMessage(stream: ByteStream, limit: number): Promise<Uint8Array> {
  let length: number | undefined
  let prefix = 0
  let scale = 1
  let body = new Uint8Array(0)
  let filled = 0
  for await (const chunk of stream) {
    let bytes = chunk.subarray()
    while (length === undefined && bytes.length > 0) {
      const byte = bytes[0] as number
      bytes = bytes.subarray(1)
      prefix += (byte & 127) * scale
      scale *= 128
      if (prefix > limit || scale > 2 ** 35) throw tooLarge(prefix, limit)
      if (byte > 127) continue
      length = prefix
      body = new Uint8Array(length)
    }
    if (length === undefined) continue
    const part = bytes.subarray(0, length - filled)
    body.set(part, filled)
    filled += part.length
    if (filled === length) return body
  }
  throw new RecordError('ROUTING_FAILED', 'the peer ended the stream without a response')
}

function tooLarge(size: number, limit: number): RecordError {
  return new RecordError('TOO_LARGE', `the response is at least ${size} bytes; the limit is ${limit}`, { size, limit })
}
