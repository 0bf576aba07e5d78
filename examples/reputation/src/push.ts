import { lpStream } from '@libp2p/utils'
import { text, bytes } from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import type { Item } from './records.ts'

const protocol = '/example/push/1.0.0'

/**
 * Receives records from peers and answers each with its result. kad-dht does not tell the datastore which peer sent a record;
 * this protocol reads the sender from the connection, so that lists, scores and rate limits apply to it.
 */
export async function receivePushes({ libp2p, manager }: Node): Promise<void> {
  await libp2p.handle(protocol, async (stream, connection) => {
    const sender = connection.remotePeer.toMultihash().bytes
    const messages = lpStream(stream)
    while (stream.status === 'open') {
      const key = await messages.read().catch(() => undefined)
      if (key === undefined) return
      const value = await messages.read()
      const { status, code } = await manager.receive(key.subarray(), value.subarray(), { sender })
      await messages.write(bytes(code ?? status))
    }
  })
}

/** Sends records to a peer. @returns its answer to each: `stored`, or the code of the refusal */
export async function push(from: Node, to: Node, items: readonly Item[]): Promise<string[]> {
  const stream = await from.libp2p.dialProtocol(to.libp2p.getMultiaddrs(), protocol)
  const messages = lpStream(stream)
  const answers: string[] = []
  for (const { key, value } of items) {
    await messages.write(key)
    await messages.write(value)
    answers.push(text((await messages.read()).subarray()))
  }
  await stream.close()
  return answers
}
