import { FakeTimers } from '@recordkit/record-conformance'
import type { RoutingAck, RoutingAnswer } from '@recordkit/record-types'
import { pubsubRouting } from '@recordkit/store-dht/pubsub'
import type { PubsubRouting, PubsubRoutingOptions } from '@recordkit/store-dht/pubsub'
import { MemoryNode, ToyReceiver } from './memory-pubsub.ts'

/** A node in memory with PubSub as a routing. */
export interface PubsubNode {
  readonly node: MemoryNode
  readonly routing: PubsubRouting
  readonly receiver: ToyReceiver
}

/** Nodes in a line: each is linked with the next. Time passes only when the test advances it. */
export async function startLine(
  count: number,
  options: PubsubRoutingOptions & { readonly withoutFetch?: boolean } = {}
): Promise<{ readonly time: FakeTimers; readonly nodes: readonly PubsubNode[] }> {
  const time = new FakeTimers()
  const nodes: PubsubNode[] = []
  for (let index = 0; index < count; index++) nodes.push(await startNode(time, options))
  for (const [index, { node }] of nodes.entries()) if (index > 0) node.link((nodes[index - 1] as PubsubNode).node)
  return { time, nodes }
}

/** Two linked nodes. */
export async function startPair(
  options: PubsubRoutingOptions & { readonly withoutFetch?: boolean } = {}
): Promise<{ readonly time: FakeTimers; readonly first: PubsubNode; readonly second: PubsubNode }> {
  const time = new FakeTimers()
  const [first, second] = [await startNode(time, options), await startNode(time, options)]
  first.node.link(second.node)
  return { time, first, second }
}

/** Starts a node without links. */
export async function startNode(
  { clock, setTimer }: FakeTimers,
  { withoutFetch = false, ...options }: PubsubRoutingOptions & { readonly withoutFetch?: boolean } = {}
): Promise<PubsubNode> {
  const node = new MemoryNode()
  const receiver = new ToyReceiver()
  const routing = pubsubRouting(node, {
    fetch: withoutFetch ? undefined : node.fetch,
    clock,
    setTimer,
    random: () => 0.5,
    measure: () => 0,
    ...options
  })
  await routing.start(receiver)
  return { node, routing, receiver }
}

export async function collect<T extends RoutingAck | RoutingAnswer>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}
