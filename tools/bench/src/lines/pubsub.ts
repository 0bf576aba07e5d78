// The time from a put at one end of a line of six nodes until a watcher at the other end has the record.
import { fetch } from '@libp2p/fetch'
import { gossipsub } from '@libp2p/gossipsub'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { generateKeyPair } from '@recordkit/record-crypto'
import { createRecordComponents, records } from '@recordkit/record-libp2p'
import type { RecordsService } from '@recordkit/record-libp2p'
import { nodePubsub } from '@recordkit/record-libp2p/pubsub'
import type { RecordManager } from '@recordkit/record-manager'
import { createTestNetwork, createTestNode } from '@recordkit/record-test-network'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { topicFromKey } from '@recordkit/store-dht/pubsub'
import type { Contest, Line } from '../measure.ts'

/** nodes in a line: five hops from the first to the last */
const nodeCount = 6
/** one record of a key is forwarded per second: each delivery uses the next key */
const keyCount = 100
/** ms after which what nodes ask each other when they subscribe is over */
const settlingTime = 3000
/** ms between two look-ups of the watcher that polls */
const pollInterval = 1000
const target = 50

const engineOf = (): ValidationEngine => new ValidationEngine([signed('config', { authors: ownerInKey() })])

/** The time of one delivery: from the start of the put until the watcher has the record. */
interface Delivery {
  deliver(): Promise<void>
  stop(): Promise<void>
}

interface Keys {
  readonly signer: Awaited<ReturnType<typeof generateKeyPair>>
  readonly keys: readonly Uint8Array[]
}

async function makeKeys(count: number): Promise<Keys> {
  const signer = await generateKeyPair()
  const owner = ipnsNameToString(signer.peerId)
  return { signer, keys: Array.from({ length: count }, (_, index) => joinRecordKey('config', `${owner}/${index}`)) }
}

/** Each call puts a record under the next key, and resolves when its watcher has it. */
function deliverer(writer: RecordManager, reader: RecordManager, { signer, keys }: Keys, interval?: number) {
  const watchers = keys.map((key) => {
    const watching = reader.watch(key, { pollInterval: interval })
    return { key, watching, next: watching.next() }
  })
  let turn = 0
  return {
    async deliver(): Promise<void> {
      const watcher = watchers[turn++ % watchers.length] as (typeof watchers)[number]
      await writer.put(watcher.key, new Uint8Array(200).fill(turn), { signer })
      await watcher.next
      watcher.next = watcher.watching.next()
    }
  }
}

async function pubsubLine(): Promise<Delivery> {
  const keys = await makeKeys(keyCount)
  const nodes = await Promise.all(
    Array.from({ length: nodeCount }, () =>
      createTestNode<{ pubsub: ReturnType<ReturnType<typeof gossipsub>>; records: RecordsService }>({
        services: {
          pubsub: gossipsub(),
          fetch: fetch(),
          records: records({ engine: engineOf(), dht: false, network: { copies: 0 }, pubsub: nodePubsub() })
        } as never
      })
    )
  )
  const managers = nodes.map(({ services }) => services.records.manager)
  for (const [index, node] of nodes.entries())
    if (index > 0) await node.dial((nodes[index - 1] as (typeof nodes)[number]).getMultiaddrs())
  // the nodes between forward what they watch
  for (const manager of managers.slice(1, -1))
    for (const key of keys.keys)
      void (async () => {
        for await (const _record of manager.watch(key));
      })()
  const [writer, reader] = [managers[0] as RecordManager, managers.at(-1) as RecordManager]
  const { deliver } = deliverer(writer, reader, keys)
  for (const [index, { services }] of nodes.entries()) {
    const neighbours = (index > 1 ? 1 : 0) + (index < nodeCount - 1 ? 1 : 0)
    for (const key of keys.keys)
      while (services.pubsub.getSubscribers(topicFromKey(key)).length < neighbours)
        await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await new Promise((resolve) => setTimeout(resolve, settlingTime))
  return {
    deliver,
    async stop() {
      for (const node of nodes) await node.stop()
    }
  }
}

async function pollingNetwork(): Promise<Delivery> {
  const network = await createTestNetwork<{ records: RecordsService }>({
    nodes: nodeCount,
    node() {
      const components = createRecordComponents({ engine: engineOf() })
      return { kadDhtInit: components.kadDhtInit, services: { records: components.service() } }
    }
  })
  const managers = network.honest.map(({ services }) => services.records.manager)
  const [writer, reader] = [managers[0] as RecordManager, managers.at(-1) as RecordManager]
  const { deliver } = deliverer(writer, reader, await makeKeys(1), pollInterval)
  return { deliver, stop: async () => network[Symbol.asyncDispose]() }
}

const sleep = async (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, target))

async function againstTarget(): Promise<Contest> {
  const { deliver, stop } = await pubsubLine()
  return { ours: deliver, theirs: sleep, after: stop }
}

async function againstPolling(): Promise<Contest> {
  const [pubsub, polling] = [await pubsubLine(), await pollingNetwork()]
  return {
    ours: () => pubsub.deliver(),
    theirs: () => polling.deliver(),
    async after() {
      await pubsub.stop()
      await polling.stop()
    }
  }
}

export const pubsubLines: readonly Line[] = [
  {
    name: 'PubSub delivery over five hops, from put to watch',
    other: `${target} ms`,
    better: 'lower',
    target: 1,
    prepare: againstTarget
  },
  {
    name: 'PubSub delivery over five hops, from put to watch',
    other: `polling the DHT every ${pollInterval / 1000} s`,
    better: 'lower',
    target: 0.2,
    prepare: againstPolling
  }
]
