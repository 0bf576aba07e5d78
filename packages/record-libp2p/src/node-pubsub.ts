import type { RecordPubsub } from '@recordkit/record-types'
import type { PubsubRouting, PubsubRoutingOptions } from '@recordkit/store-dht/pubsub'
import type { InboundLimits } from './inbound-limits.ts'

/** What PubSub receives from the other parts of a node. */
export type NodePubsubContext = Pick<PubsubRoutingOptions, 'clock' | 'setTimer' | 'groupOf' | 'budget'>

/** PubSub of a node. */
export interface NodePubsubParts extends RecordPubsub, Pick<PubsubRouting, 'alongside'> {
  /** Called when the node is created, with its components. */
  bind(components: object): void
}

/** The result of `nodePubsub` of `@recordkit/record-libp2p/pubsub`: a value, so that nodes without PubSub do not include it. */
export type NodePubsub = (context: NodePubsubContext) => NodePubsubParts

/** The budget of senders that the inbound limits of a node count: what a peer causes over PubSub and over the DHT is one sum. */
export function budgetOf(limits: InboundLimits | undefined): NodePubsubContext['budget'] {
  if (limits === undefined) return undefined
  return {
    isEmpty: (sender, group) => limits.isExhausted({ sender, group }),
    spend: (sender, group, work) => limits.spend({ sender, group }, work)
  }
}
