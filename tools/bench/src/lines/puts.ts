import type { ReplicationReceipt } from '@recordkit/record-types'
import type { Contest, Line } from '../measure.ts'
import { silence, start } from '../network/network.ts'

const nodes = 20

/**
 * A put to a network of real nodes, compared with the put of kad-dht. Both sides put records of one author from one node.
 *
 * @param unresponsive - number of nodes that accept streams and respond to nothing
 * @param isWhole - whether ours is measured to its end, not to enough copies
 */
async function putting(unresponsive: number, isWhole: boolean): Promise<Contest> {
  const { network, records, keyOf } = await start(nodes, [])
  const [writer] = records
  const dht = network.honest[0]?.services.dht
  if (writer === undefined || dht === undefined) throw new Error('the network has no nodes')
  for (const node of network.honest.slice(nodes - unresponsive)) await silence(node)
  let round = 0
  let complete: Promise<ReplicationReceipt> | undefined
  const record = async (): Promise<{ readonly key: Uint8Array; readonly value: Uint8Array }> => {
    const key = keyOf(0, `round-${round++}`)
    const made = await writer.manager.put(key, new Uint8Array(200).fill(round), { offline: true })
    return { key, value: made.record.value }
  }
  return {
    ours: async () => {
      const { key, value } = await record()
      const receipt = await writer.network.put(key, value)
      complete = receipt.complete
      if (isWhole) await complete
    },
    theirs: async () => {
      const { key, value } = await record()
      for await (const _event of dht.put(key, value));
    },
    between: async () => {
      await complete
    },
    after: () => network[Symbol.asyncDispose]()
  }
}

export const putLines: readonly Line[] = [
  {
    name: 'put to 19 peers, to enough copies',
    other: '@libp2p/kad-dht',
    better: 'lower',
    target: 0.7,
    rounds: 15,
    prepare: () => putting(0, false)
  },
  {
    name: 'put to 19 peers, to the end',
    other: '@libp2p/kad-dht',
    better: 'lower',
    target: 1,
    rounds: 15,
    prepare: () => putting(0, true)
  },
  {
    name: 'put to 19 peers, 2 of them unresponsive',
    other: '@libp2p/kad-dht',
    better: 'lower',
    target: 0.1,
    rounds: 5,
    prepare: () => putting(2, false)
  }
]
