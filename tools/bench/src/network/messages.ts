/** How many messages a node has sent to others, on streams that it opened for Kademlia: each carries one question. */
export interface Messages {
  readonly sent: number
}

interface Components {
  readonly connectionManager: { openStream(peer: unknown, protocol: unknown, options?: unknown): Promise<unknown> }
}

/** Counts where streams are opened, below Kademlia: repairs and what a reader no longer waits for are in it. */
export function countMessages(protocol: string): (components: Components) => Messages {
  return ({ connectionManager }) => {
    const messages = { sent: 0 }
    const open = connectionManager.openStream.bind(connectionManager)
    connectionManager.openStream = async (peer, spoken, options) => {
      const stream = await open(peer, spoken, options)
      if (spoken === protocol) messages.sent++
      return stream
    }
    return messages
  }
}
