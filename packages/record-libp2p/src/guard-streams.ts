import { StreamMessageEvent } from '@libp2p/interface'
import type { Connection, ConnectionGater, Stream, StreamHandler, StreamHandlerOptions } from '@libp2p/interface'
import { isRecordError, RecordError } from '@recordkit/record-types'
import type { PeerId, SetTimer } from '@recordkit/record-types'
import { MessageCounter } from './message-counter.ts'
import type { SenderLimits } from './sender-limits.ts'

/** What is used of a node's components: where a protocol's streams are handed over. */
export interface StreamComponents {
  readonly registrar: {
    handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>
  }
}

export interface StreamGuard {
  readonly limits: SenderLimits
  /** bytes of a message at the most */
  readonly messageSize: number
  readonly setTimer: SetTimer
}

/** What an error says of who sent the message that it is about. */
type Verdict = 'ignore' | 'reject'

/** The node's components, but that each stream of a protocol handled through them is counted before it is read. */
export function guardStreams<Components extends StreamComponents>(
  components: Components,
  guard: StreamGuard
): Components {
  const { registrar } = components
  const guarded = new Proxy(registrar, {
    get(target, name) {
      if (name === 'handle') {
        return async (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions) =>
          target.handle(protocol, guardHandler(handler, guard, options?.maxInboundStreams), options)
      }
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    }
  })
  return new Proxy(components, {
    get: (target, name) => (name === 'registrar' ? guarded : (Reflect.get(target, name, target) as unknown))
  })
}

/** A gater that lets nobody in, and calls nobody, who is barred; for the rest what `gater` says. */
export function gateOf(limits: SenderLimits, gater: ConnectionGater = {}): ConnectionGater {
  return {
    ...gater,
    denyDialPeer: (peer) => limits.barred(idOf(peer)) || (gater.denyDialPeer?.(peer) ?? false),
    denyInboundEncryptedConnection: (peer, connection) =>
      limits.barred(idOf(peer)) || (gater.denyInboundEncryptedConnection?.(peer, connection) ?? false)
  }
}

/** @param most - streams that libp2p lets in at once: beyond it nobody would see who opens them */
function guardHandler(
  handler: StreamHandler,
  { limits, messageSize, setTimer }: StreamGuard,
  most = 32
): StreamHandler {
  return async (stream, connection) => {
    const sender = idOf(connection.remotePeer)
    const tooMany = (reason: unknown): void => {
      stream.abort(reason as Error)
      if (limits.barred(sender)) disconnect(connection)
    }
    let leave: () => void
    try {
      leave = limits.enter(sender, Math.ceil((most * 3) / 4))
    } catch (reason) {
      tooMany(reason)
      return
    }
    const closed = ({ error, local }: { readonly error?: Error; readonly local?: boolean }): void => {
      leave()
      const verdict = local === true ? verdictIn(error) : undefined
      if (verdict === undefined) return
      limits.report(sender, verdict)
      if (limits.barred(sender)) disconnect(connection)
    }
    stream.addEventListener('close', closed, { once: true })
    const wait = limits.take(sender, 1)
    if (wait === undefined) {
      tooMany(limits.tooMany(sender))
      return
    }
    if (wait > 0) await new Promise<void>((resolve) => void setTimer(resolve, wait))
    if (stream.status !== 'open') return
    count(stream, sender, { limits, messageSize, setTimer }, tooMany)
    await handler(stream, connection)
  }
}

/** Ends a connection with all its streams, each of which may ask for the same. */
function disconnect(connection: Connection): void {
  if (connection.status !== 'open') return
  // not within an event of one of its streams: the muxer would close what it is closing
  queueMicrotask(() => {
    try {
      if (connection.status === 'open') connection.abort(new RecordError('SENDER_REPUTATION', 'the sender is barred'))
    } catch {
      // it was closing already
    }
  })
}

/**
 * Counts the messages of a stream after its first, before their reader sees them, and holds back what has to wait. It is
 * not paused: a stream that is paused counts as at its end for Kademlia.
 */
function count(stream: Stream, sender: PeerId, guard: StreamGuard, tooMany: (reason: Error) => void): void {
  const { limits, messageSize, setTimer } = guard
  const counter = new MessageCounter(messageSize)
  const held: StreamMessageEvent['data'][] = []
  let delivering = false
  let paid = 1
  const deliver = (): void => {
    const data = held.shift()
    if (data === undefined || stream.status !== 'open') return
    delivering = true
    stream.dispatchEvent(new StreamMessageEvent(data))
    delivering = false
  }
  stream.addEventListener('message', (event) => {
    if (delivering) return
    const begun = counter.count(event.data.subarray())
    const unpaid = begun === undefined ? 0 : Math.max(0, begun - paid)
    if (begun !== undefined) paid = Math.max(0, paid - begun)
    const wait = unpaid === 0 && held.length === 0 ? 0 : limits.take(sender, unpaid)
    if (begun !== undefined && wait === 0 && held.length === 0) return
    event.stopImmediatePropagation()
    if (begun === undefined) stream.abort(tooLarge(messageSize))
    else if (wait === undefined) tooMany(limits.tooMany(sender))
    else {
      held.push(event.data)
      setTimer(deliver, wait)
    }
  })
}

/** What a message says of its sender that is announced as larger than any is. */
function tooLarge(messageSize: number): RecordError {
  return new RecordError('VALUE_TOO_LARGE', `a message is announced as larger than ${messageSize} bytes`, {
    limit: messageSize,
    details: { verdict: 'reject' }
  })
}

/** Errors of bytes that are no message, by name; a peer that is slow, leaves or cuts a message short sends none. */
const malformed: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'InvalidMessageError',
  'InvalidMessageLengthError',
  'RangeError'
])

function verdictIn(error: Error | undefined): Verdict | undefined {
  if (error === undefined) return undefined
  if (malformed.has(error.name)) return 'reject'
  if (error.name === 'InvalidParametersError') return 'ignore'
  if (!isRecordError(error)) return undefined
  return (error.details as { readonly verdict?: Verdict } | undefined)?.verdict
}

function idOf(peer: Connection['remotePeer']): PeerId {
  return peer.toMultihash().bytes
}
