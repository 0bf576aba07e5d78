import { StreamMessageEvent } from '@libp2p/interface'
import type { Stream } from '@libp2p/interface'
import { encodeUvarint } from '@recordkit/record-codec'
import { equalBytes, isRecordError, limits, RecordError } from '@recordkit/record-types'
import { abortStream } from './abort-stream.ts'
import { readDhtMessage } from './dht-message.ts'
import type { DhtMessage } from './dht-message.ts'
import { MessageReader } from './message-reader.ts'

/** Complete messages in normal form, which were counted when their bytes arrived. */
export class NormalMessagesEvent extends StreamMessageEvent {}

/**
 * Passes the messages that arrive on a stream to `onMessage`, and then, in normal form, to the listeners that are added later: these
 * read what was read here, however the peer encoded it. A message that cannot be read aborts the stream; its sender is not to blame,
 * because another implementation may read it.
 *
 * @param onMessage - throws to abort the stream
 * @param most - number of messages on the stream. Each takes time, also an empty one, of which a chunk can contain very many
 */
export function normalizeMessages(
  stream: Stream,
  onMessage: (message: DhtMessage) => void,
  most: number = Number.POSITIVE_INFINITY
): void {
  const reader = new MessageReader(limits.dhtMessage, most)
  stream.addEventListener('message', (event) => {
    if (event instanceof NormalMessagesEvent) return
    const bytes = event.data.subarray()
    let normal: Uint8Array
    try {
      const messages = reader.push(bytes)
      if (messages === undefined)
        throw new RecordError(
          'TOO_LARGE',
          `a message is larger than the limit of ${limits.dhtMessage} bytes, or there are more than ${most} of them`
        )
      normal = framed(
        messages.map((encoded) => {
          const message = readDhtMessage(encoded)
          onMessage(message)
          return message.normal
        })
      )
    } catch (error) {
      event.stopImmediatePropagation()
      abortStream(stream, unreadable(error))
      return
    }
    if (equalBytes(normal, bytes)) return
    event.stopImmediatePropagation()
    if (normal.length > 0) stream.dispatchEvent(new NormalMessagesEvent(normal))
  })
}

/** The messages, each after its length. */
function framed(messages: readonly Uint8Array[]): Uint8Array {
  const parts = messages.flatMap((message) => [encodeUvarint(BigInt(message.length)), message])
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

/** The error of a message that cannot be read. Other implementations may read it: its sender is not to blame. */
function unreadable(error: unknown): Error {
  if (!isRecordError(error)) return error as Error
  return new RecordError(error.code, error.message, { details: { status: 'ignore' } })
}
