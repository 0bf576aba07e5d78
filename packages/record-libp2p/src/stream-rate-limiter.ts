import { StreamMessageEvent } from '@libp2p/interface'
import type { Connection, ConnectionGater, Stream, StreamHandler } from '@libp2p/interface'
import { isRecordError, RecordError } from '@recordkit/record-types'
import type { PeerId, SetTimer } from '@recordkit/record-types'
import { membersOf } from '@recordkit/record-types/internal'
import { abortStream } from './abort-stream.ts'
import type { InboundLimits, RefusedMessage } from './inbound-limits.ts'
import { MessageCounter } from './message-counter.ts'
import { NormalMessagesEvent } from './normalize-messages.ts'
import type { RecordSender } from './record-senders.ts'
import { groupOfConnection } from './sender-group.ts'
import { wrapHandlers } from './wrap-components.ts'
import type { StreamComponents } from './wrap-components.ts'

export interface StreamLimits {
  readonly limits: InboundLimits
  /** maximum size of a message in bytes */
  readonly messageSize: number
  readonly setTimer: SetTimer
}

/**
 * maximum number of chunks of one stream that wait, and of one message. A peer can send each byte as a chunk of its own, and kad-dht
 * stores chunks until a message is complete.
 */
const maxChunks = 4096

/** Wraps the components of a node: streams of protocols that are registered through them are counted before they are read. */
export function limitStreams<Components extends StreamComponents>(
  components: Components,
  streamLimits: StreamLimits
): Components {
  return wrapHandlers(components, (handler, options) => limitHandler(handler, streamLimits, options?.maxInboundStreams))
}

/** A connection gater that refuses banned peers in both directions and leaves the rest to `gater`. */
export function limitConnections(limits: InboundLimits, gater: ConnectionGater = {}): ConnectionGater {
  return {
    ...membersOf(gater),
    denyDialPeer: (peer) => limits.isBanned(idOf(peer)) || (gater.denyDialPeer?.(peer) ?? false),
    denyInboundEncryptedConnection: (peer, connection) =>
      limits.isBanned(idOf(peer)) || (gater.denyInboundEncryptedConnection?.(peer, connection) ?? false)
  }
}

/** @param maxStreams - streams that libp2p accepts; it resets further ones without reporting their peer */
function limitHandler(
  handler: StreamHandler,
  { limits, messageSize, setTimer }: StreamLimits,
  maxStreams = 32
): StreamHandler {
  return async (stream, connection) => {
    const sender = idOf(connection.remotePeer)
    const from: RecordSender = { sender, group: groupOfConnection(connection) }
    const reset = (reason: unknown): void => {
      abortStream(stream, reason as Error)
      if (limits.isBanned(sender)) disconnect(connection)
    }
    if (limits.isExhausted(from)) {
      abortStream(stream, limits.exhausted())
      return
    }
    let closeStream: () => void
    try {
      closeStream = limits.openStream(sender, Math.ceil((maxStreams * 3) / 4))
    } catch (reason) {
      reset(reason)
      return
    }
    const closed = ({ error, local }: { readonly error?: Error; readonly local?: boolean }): void => {
      closeStream()
      const message = local === true ? refusedMessage(error) : undefined
      if (message !== undefined) limits.refused(from, message)
      if (limits.isBanned(sender)) disconnect(connection)
    }
    stream.addEventListener('close', closed, { once: true })
    const wait = limits.takeTokens(sender, 1)
    if (wait === undefined) {
      reset(limits.exceeded(sender))
      return
    }
    if (wait > 0) await new Promise<void>((resolve) => void setTimer(resolve, wait))
    if (stream.status !== 'open') return
    limitMessages(stream, from, { limits, messageSize, setTimer }, reset)
    await handler(stream, connection)
  }
}

/** Closes a connection with all its streams. May be called by each of the streams. */
function disconnect(connection: Connection): void {
  if (connection.status !== 'open') return
  // not during an event of one of its streams: the muxer would close a stream that is closing already
  queueMicrotask(() => {
    try {
      if (connection.status === 'open') connection.abort(new RecordError('SENDER_BANNED', 'the sender is banned'))
    } catch {
      // the connection is closing already
    }
  })
}

/**
 * Counts the messages of a stream after the first before they are read, and delays those that must wait. The stream itself is
 * not paused, because kad-dht treats a paused stream as ended.
 */
function limitMessages(
  stream: Stream,
  from: RecordSender,
  { limits, messageSize, setTimer }: StreamLimits,
  reset: (reason: Error) => void
): void {
  const { sender } = from
  const counter = new MessageCounter(messageSize)
  const delayed: StreamMessageEvent['data'][] = []
  let delivering = false
  let paid = 1
  /** of the current message, without the first */
  let chunks = 0
  const deliver = (): void => {
    const data = delayed.shift()
    if (data === undefined || stream.status !== 'open') return
    delivering = true
    stream.dispatchEvent(new StreamMessageEvent(data))
    delivering = false
  }
  stream.addEventListener('message', (event) => {
    if (delivering || event instanceof NormalMessagesEvent) return
    const started = counter.count(event.data.subarray())
    const unpaid = started === undefined ? 0 : Math.max(0, started - paid)
    if (started !== undefined) paid = Math.max(0, paid - started)
    chunks = started === 0 ? chunks + 1 : 0
    if (started !== undefined && started > 0 && limits.isExhausted(from)) {
      event.stopImmediatePropagation()
      abortStream(stream, limits.exhausted())
      return
    }
    const wait = unpaid === 0 && delayed.length === 0 ? 0 : limits.takeTokens(sender, unpaid)
    if (started !== undefined && wait === 0 && delayed.length === 0 && chunks <= maxChunks) return
    event.stopImmediatePropagation()
    if (started === undefined) abortStream(stream, tooLarge(messageSize))
    else if (wait === undefined || chunks > maxChunks || delayed.length >= maxChunks) reset(limits.exceeded(sender))
    else {
      delayed.push(event.data)
      setTimer(deliver, wait)
    }
  })
}

/** Other implementations accept larger messages: their senders are not to blame. */
function tooLarge(messageSize: number): RecordError {
  return new RecordError('VALUE_TOO_LARGE', `a message is larger than the limit of ${messageSize} bytes`, {
    limit: messageSize,
    details: { status: 'ignore' }
  })
}

/**
 * Names of the errors for bytes that are not a message that kad-dht knows. A peer that is slow, disconnects or truncates causes
 * none of them.
 */
const unreadable: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'InvalidMessageError',
  'InvalidMessageLengthError',
  'InvalidParametersError',
  'RangeError'
])

/** The message for which this node reset a stream; `undefined` when it did so for another reason, or has counted the message. */
function refusedMessage(error: Error | undefined): RefusedMessage | undefined {
  if (error === undefined) return undefined
  if (unreadable.has(error.name)) return { status: 'ignore' }
  if (!isRecordError(error)) return undefined
  const { status, counted } = (error.details ?? {}) as {
    readonly status?: 'ignore' | 'reject'
    readonly counted?: boolean
  }
  return status === undefined || counted === true ? undefined : { status, code: error.code }
}

function idOf(peer: Connection['remotePeer']): PeerId {
  return peer.toMultihash().bytes
}
