import type { Contest, Line } from '../measure.ts'
import { silence, start } from '../network/network.ts'

const nodes = 40

/** A read among real nodes, compared with the get of kad-dht on the same node. */
async function reading(): Promise<Contest> {
  const { network, records, keyOf } = await start(nodes, [])
  const [author, reader] = [records[1], records[0]]
  const dht = network.honest[0]?.services.dht
  if (author === undefined || reader === undefined || dht === undefined) throw new Error('the network has no nodes')
  const key = keyOf(1, 'read')
  await author.manager.put(key, new Uint8Array(200))
  await author.network.settled()
  return {
    ours: () => reader.network.get(key),
    theirs: async () => {
      for await (const _event of dht.get(key));
    },
    after: () => network[Symbol.asyncDispose]()
  }
}

/**
 * As above, with nodes that accept streams and respond to nothing. A failed look-up removes them from the routing table of its node, so
 * that its later ones do not ask them. Therefore each call is made by a node that has made none before. In a round both sides read the
 * same key.
 *
 * @param rounds - that are measured; one more is a warm-up
 */
async function readingAmong(unresponsive: number, rounds: number): Promise<Contest> {
  const { network, records, keyOf } = await start(nodes, [])
  const author = records[0]
  if (author === undefined) throw new Error('the network has no nodes')
  const keys = Array.from({ length: rounds + 1 }, (_, round) => keyOf(0, `read-${round}`))
  for (const key of keys) await author.manager.put(key, new Uint8Array(200))
  await author.network.settled()
  for (const node of network.honest.slice(nodes - unresponsive)) await silence(node)
  const calls = { ours: 0, theirs: 0 }
  return {
    ours: () => records[2 * calls.ours + 1]?.network.get(keys[calls.ours++] as Uint8Array),
    theirs: async () => {
      const reader = network.honest[2 * calls.theirs + 2]
      const events = reader?.services.dht.get(keys[calls.theirs++] as Uint8Array)
      for await (const _event of events ?? []);
    },
    after: () => network[Symbol.asyncDispose]()
  }
}

const unresponsiveRounds = 9

export const readLines: readonly Line[] = [
  {
    name: 'read among 40 nodes',
    other: '@libp2p/kad-dht',
    better: 'lower',
    target: 0.75,
    prepare: reading
  },
  {
    name: 'read among 40 nodes, 4 of them unresponsive',
    other: '@libp2p/kad-dht',
    better: 'lower',
    target: 0.2,
    rounds: unresponsiveRounds,
    prepare: () => readingAmong(4, unresponsiveRounds)
  }
]
