import type { PeerId, StreamHandler } from '@libp2p/interface'
import type { InboundLimits } from './inbound-limits.ts'
import type { DhtMessage } from './dht-message.ts'
import { normalizeMessages } from './normalize-messages.ts'
import type { RecordSender, RecordSenders } from './record-senders.ts'
import type { SenderGroups } from './sender-group.ts'
import { wrapHandlers, wrapOpenStream } from './wrap-components.ts'
import type { StreamComponents } from './wrap-components.ts'

export interface Attribution {
  /** the peers that put records here */
  readonly puts: RecordSenders
  /** the peers that answered with records, because this node asked them */
  readonly answers: RecordSenders
  readonly groups: SenderGroups
  readonly limits: InboundLimits | undefined
}

/** the types of kad-dht messages that contain records */
const putValue = 0
const getValue = 1
/** Kad-dht opens a stream for each request, and reads one answer from it. */
const maxAnswers = 64

/**
 * Wraps the components of a node: the sender of each record that arrives on their streams is remembered, before kad-dht processes the
 * message. Kad-dht receives messages in normal form, so that it finds no record in them that has no sender.
 */
export function attributeStreams<Components extends StreamComponents>(
  components: Components,
  attribution: Attribution
): Components {
  const { puts, answers, groups, limits } = attribution
  const attributeHandler =
    (handler: StreamHandler): StreamHandler =>
    (stream, connection) => {
      const from: RecordSender = { sender: connection.remotePeer.toMultihash().bytes, group: groups.add(connection) }
      normalizeMessages(stream, ({ type, record }) => {
        if (record !== undefined && type === putValue) puts.add(record.key, record.value, from)
      })
      return handler(stream, connection)
    }
  return wrapOpenStream(wrapHandlers(components, attributeHandler), (stream, peer: PeerId) => {
    const sender = peer.toMultihash().bytes
    const from: RecordSender = { sender, group: groups.of(sender) }
    const onAnswer = ({ type, record }: DhtMessage): void => {
      if (record === undefined || type !== getValue) return
      // the rest of its answers, such as closer peers, takes no work
      if (limits?.isExhausted(from) === true) throw limits.exhausted()
      answers.add(record.key, record.value, from)
    }
    normalizeMessages(stream, onAnswer, maxAnswers)
  })
}
