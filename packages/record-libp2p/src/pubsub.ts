import type { PubsubReceiver, PubsubSubscription, RecordRouting } from '@recordkit/record-types'
import { RecordError } from '@recordkit/record-types'
import { checkOptions } from '@recordkit/record-types/internal'
import { pubsubRouting } from '@recordkit/store-dht/pubsub'
import type { Pubsub, PubsubFetch, PubsubRouting, PubsubRoutingOptions } from '@recordkit/store-dht/pubsub'
import type { NodePubsub, NodePubsubContext, NodePubsubParts } from './node-pubsub.ts'

/** Options of {@link nodePubsub}. */
export interface NodePubsubOptions extends Pick<
  PubsubRoutingOptions,
  'maxTopics' | 'rebroadcastInterval' | 'fetchTimeout' | 'random'
> {
  /** the name of the PubSub service among the services of the node, such as that of `@libp2p/gossipsub`. @default 'pubsub' */
  readonly service?: string | undefined
  /** the name of the service of `@libp2p/fetch`, if the node has it; `false` uses none. @default 'fetch' */
  readonly fetch?: string | false | undefined
}

/**
 * PubSub for the records of a node: what the node publishes goes to the topic of its key, too, and `manager.watch` receives the
 * records that other peers publish. Senders have the groups and budgets that they have in the DHT.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option. A node without a PubSub service of that name fails with the same code
 * when it starts.
 * @example
 * ```ts
 * const libp2p = await createLibp2p(
 *   withRecords(
 *     { services: { identify: identify(), ping: ping(), dht: kadDHT(), pubsub: gossipsub(), fetch: fetch() } },
 *     { pubsub: nodePubsub() }
 *   )
 * )
 * for await (const record of libp2p.services.records.manager.watch('/ipns/…')) console.log(record.content)
 * ```
 */
export function nodePubsub(options: NodePubsubOptions = {}): NodePubsub {
  checkOptions(options, {
    maxTopics: 0,
    rebroadcastInterval: 0,
    fetchTimeout: 0,
    random: 0,
    service: 0,
    fetch: 0
  })
  return (context) => new DeferredPubsub(options, context)
}

/** PubSub that exists before the node whose service it uses. */
class DeferredPubsub implements NodePubsubParts {
  readonly #options: NodePubsubOptions
  readonly #context: NodePubsubContext
  #components: object | undefined
  #routing: PubsubRouting | undefined

  constructor(options: NodePubsubOptions, context: NodePubsubContext) {
    this.#options = options
    this.#context = context
  }

  bind(components: object): void {
    this.#components = components
    this.#routing = undefined
  }

  async start(receiver: PubsubReceiver): Promise<void> {
    await this.#current.start(receiver)
  }

  async stop(): Promise<void> {
    await this.#routing?.stop()
  }

  subscribe(key: Uint8Array): PubsubSubscription {
    return this.#current.subscribe(key)
  }

  unpublished(key: Uint8Array): void {
    this.#routing?.unpublished(key)
  }

  alongside(routing: RecordRouting): RecordRouting {
    return this.#current.alongside(routing)
  }

  get #current(): PubsubRouting {
    const { service = 'pubsub', fetch = 'fetch', ...options } = this.#options
    if (this.#components === undefined)
      throw new RecordError('ROUTING_FAILED', 'the node does not exist yet; pass service() to createLibp2p')
    if (this.#routing !== undefined) return this.#routing
    const pubsub = this.#find(service)
    if (pubsub === undefined)
      throw new RecordError(
        'INVALID_ARGUMENT',
        `the node has no PubSub service named "${service}"; add \`${service}: gossipsub()\` to its services, or pass the name of another one as \`service\``
      )
    this.#routing = pubsubRouting(pubsub as Pubsub, {
      ...options,
      ...this.#context,
      fetch: fetch === false ? undefined : (this.#find(fetch) as PubsubFetch | undefined)
    })
    return this.#routing
  }

  /** A service of the node. Libp2p throws for one that it does not have. */
  #find(name: string): unknown {
    try {
      return Reflect.get(this.#components ?? {}, name) as unknown
    } catch {
      return undefined
    }
  }
}
