/** The number of messages that a node has sent on the Kademlia streams it opened; each stream carries one request. */
export interface Messages {
  readonly sent: number
}

interface Components {
  readonly connectionManager: { openStream(peer: unknown, protocol: unknown, options?: unknown): Promise<unknown> }
}

/** Counts opened streams, below kad-dht: includes repairs, and requests whose answer is no longer awaited. */
export function countMessages(protocol: string): (components: Components) => Messages {
  return ({ connectionManager }) => {
    const messages = { sent: 0 }
    const open = connectionManager.openStream.bind(connectionManager)
    connectionManager.openStream = async (peer, requested, options) => {
      const stream = await open(peer, requested, options)
      if (requested === protocol) messages.sent++
      return stream
    }
    return messages
  }
}
