import type { Contest, Line } from '../measure.ts'
import { start } from '../network/network.ts'

const nodes = 40
const protocol = '/recordkit/test/kad/1.0.0'

/**
 * A read among real nodes, compared with the get of kad-dht on the same node.
 *
 * @param unresponsive - number of nodes that accept streams and respond to nothing
 */
async function reading(unresponsive: number): Promise<Contest> {
  const { network, records, keyOf } = await start(nodes, [])
  const [author, reader] = [records[1], records[0]]
  const dht = network.honest[0]?.services.dht
  if (author === undefined || reader === undefined || dht === undefined) throw new Error('the network has no nodes')
  const key = keyOf(1, 'read')
  await author.manager.put(key, new Uint8Array(200))
  await author.network.settled()
  for (const node of network.honest.slice(nodes - unresponsive)) {
    await node.unhandle(protocol)
    await node.handle(protocol, () => undefined)
  }
  return {
    ours: () => reader.network.get(key),
    theirs: async () => {
      for await (const _event of dht.get(key));
    },
    after: () => network[Symbol.asyncDispose]()
  }
}

export const readLines: readonly Line[] = [
  {
    name: 'read among 40 nodes',
    other: '@libp2p/kad-dht',
    better: 'lower',
    target: 0.75,
    prepare: () => reading(0)
  },
  {
    name: 'read among 40 nodes, 4 of them unresponsive',
    other: '@libp2p/kad-dht',
    better: 'lower',
    target: 0.2,
    rounds: 5,
    prepare: () => reading(4)
  }
]
