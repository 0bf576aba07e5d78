import { readBytes, readFields, readUint32 } from '@recordkit/record-codec/protobuf'
import type { StreamHandler } from '@libp2p/interface'
import { isRecordError, limits, RecordError } from '@recordkit/record-types'
import { abortStream } from './abort-stream.ts'
import { MessageReader } from './message-reader.ts'
import type { PutValueSenders, RecordSender } from './put-value-senders.ts'
import type { SenderGroups } from './sender-group.ts'
import { wrapHandlers } from './wrap-handlers.ts'
import type { StreamComponents } from './wrap-handlers.ts'

export interface Attribution {
  readonly senders: PutValueSenders
  readonly groups: SenderGroups
}

const empty: Uint8Array = /* @__PURE__ */ new Uint8Array(0)
/** the type of a kad-dht message that contains a record to store */
const putValue = 0

/**
 * Wraps the components of a node: the sender of each PUT_VALUE that arrives on their streams is added to `senders`, before
 * kad-dht processes the message. A message that cannot be read here would be stored without a sender: its stream is aborted.
 */
export function attributeStreams<Components extends StreamComponents>(
  components: Components,
  attribution: Attribution
): Components {
  return wrapHandlers(components, (handler) => attributeHandler(handler, attribution))
}

function attributeHandler(handler: StreamHandler, { senders, groups }: Attribution): StreamHandler {
  return (stream, connection) => {
    const sender: RecordSender = { sender: connection.remotePeer.toMultihash().bytes, group: groups.add(connection) }
    const reader = new MessageReader(limits.dhtMessage)
    stream.addEventListener('message', (event) => {
      try {
        const messages = reader.push(event.data.subarray())
        if (messages === undefined)
          throw new RecordError('TOO_LARGE', `a message is larger than the limit of ${limits.dhtMessage} bytes`)
        for (const message of messages) addSender(message, sender, senders)
      } catch (error) {
        event.stopImmediatePropagation()
        abortStream(stream, unreadable(error))
      }
    })
    return handler(stream, connection)
  }
}

function addSender(message: Uint8Array, sender: RecordSender, senders: PutValueSenders): void {
  const fields = readFields(message, limits.dhtMessage, 'DHT message', [8, 26])
  const record = readBytes(fields, 1)
  if (record === undefined || (readUint32(fields, 0) ?? putValue) !== putValue) return
  // its other fields are not read: kad-dht replaces them
  const content = readFields(record, limits.dhtMessage, 'record', [10, 18])
  senders.add(readBytes(content, 0) ?? empty, readBytes(content, 1) ?? empty, sender)
}

/** The error of a message that cannot be read. Other implementations may read it: its sender is not to blame. */
function unreadable(error: unknown): Error {
  if (!isRecordError(error)) return error as Error
  return new RecordError(error.code, error.message, { details: { status: 'ignore' } })
}
