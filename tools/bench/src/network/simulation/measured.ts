import type { KadDHT } from '@libp2p/kad-dht'
import { start } from '../network.ts'

/** Counts the messages of real nodes: means over `records` that one node puts and another gets, each with a complete walk. */
export async function measuredMessages(
  nodes: number,
  records: number
): Promise<{ readonly put: number; readonly get: number; readonly copies: number }> {
  const { network, records: services, keyOf } = await start(nodes, [])
  await using _network = network
  let put = 0
  let get = 0
  let copies = 0
  for (let record = 0; record < records; record++) {
    const author = record % nodes
    const key = keyOf(author, `message-${record}`)
    const result = await services[author]?.manager.put(key, new Uint8Array(200), { offline: true })
    if (result === undefined) throw new Error(`there is no author ${author}`)
    const [writer, reader] = [author, (author + 1) % nodes].map((node) => network.honest[node]?.services.dht as KadDHT)
    if (writer === undefined || reader === undefined) throw new Error(`there is no node ${author} or its successor`)
    for await (const event of writer.put(key, result.record.value)) {
      if (event.name === 'SEND_QUERY') put++
      if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') copies++
    }
    for await (const event of reader.get(key)) if (event.name === 'SEND_QUERY') get++
  }
  return { put: put / records, get: get / records, copies: copies / records }
}
