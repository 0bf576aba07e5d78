import { RecordError, systemClock, systemTimer } from '@recordkit/record-types'
import {
  checkCount,
  checkDuration,
  checkFunction,
  checkOptions,
  checkPart,
  nameOf,
  WorkBudget
} from '@recordkit/record-types/internal'
import { PubsubRecords } from './pubsub-records.ts'
import type { Pubsub, PubsubRouting, PubsubRoutingOptions } from './pubsub-types.ts'

export { topicFromKey } from './pubsub-topic.ts'
export type {
  Pubsub,
  PubsubBudget,
  PubsubFetch,
  PubsubMessage,
  PubsubRouting,
  PubsubRoutingOptions,
  SubscriptionChange,
  TopicValidator,
  TopicVerdict
} from './pubsub-types.ts'

/**
 * PubSub as a routing: a record is published on the topic of its key, and arrives at every peer that is subscribed to it. Works with
 * the PubSub routers of Kubo and Helia. A manager that receives it as `pubsub` of `replication` subscribes to the keys that are
 * watched or published; peers that join later ask for the record over the fetch protocol.
 *
 * Messages are verified before they are forwarded: what the manager stores is accepted, a forgery rejected, everything else ignored.
 * At most one record of a key is forwarded per second, the latest. A record of ours is published again only when no peer has
 * published it for `rebroadcastInterval`.
 *
 * A get asks three of the peers on the topic, if there is a `fetch`. A put reports `sent`: PubSub has no acknowledgements, so that
 * this is not a copy. Without another routing, pass `copies: 0`.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 * @see IPFS "IPNS PubSub Router"
 * @example
 * ```ts
 * const pubsub = pubsubRouting(libp2p.services.pubsub, { fetch: libp2p.services.fetch })
 * const routing = pubsub.alongside(kadDhtRouting(libp2p.services.dht, { dialer: libp2p }))
 * const network = replication(new DhtRecordStore({ routing, engine }), { pubsub })
 * const manager = new RecordManager({ engine, store, signer, network })
 * ```
 */
export function pubsubRouting(pubsub: Pubsub, options: PubsubRoutingOptions = {}): PubsubRouting {
  // a node instead of its service has `services`
  if (typeof pubsub !== 'object' || pubsub === null || 'services' in pubsub)
    throw invalid(
      `pubsub is ${nameOf(pubsub)}; the PubSub service of a node, such as \`libp2p.services.pubsub\`, is expected`
    )
  checkPart(
    pubsub,
    'pubsub',
    ['subscribe', 'getSubscribers', 'publish'],
    'a PubSub service, such as that of gossipsub,'
  )
  if (pubsub.topicValidators === undefined)
    throw invalid('pubsub has no topicValidators; a PubSub service with them, such as that of gossipsub, is expected')
  checkOptions(options, {
    fetch: 0,
    maxTopics: 0,
    rebroadcastInterval: 0,
    fetchTimeout: 0,
    groupOf: 0,
    budget: 0,
    measure: 0,
    clock: 0,
    setTimer: 0,
    random: 0
  })
  const { fetch, groupOf, budget, measure, clock, setTimer, random } = options
  if (fetch !== undefined)
    checkPart(fetch, 'fetch', ['fetch', 'registerLookupFunction'], 'the service of `@libp2p/fetch`')
  if (budget !== undefined) checkPart(budget, 'budget', ['isEmpty', 'spend'], 'an object with isEmpty and spend')
  for (const [name, value] of Object.entries({ groupOf, measure, clock, setTimer, random }))
    if (value !== undefined) checkFunction(value, name)
  return new PubsubRecords(pubsub, {
    fetch,
    maxTopics: checkCount(options.maxTopics, 'maxTopics', 500),
    rebroadcastInterval: checkDuration(options.rebroadcastInterval, 'rebroadcastInterval', 600_000),
    fetchTimeout: checkDuration(options.fetchTimeout, 'fetchTimeout', 10_000),
    groupOf: groupOf ?? ((sender) => sender),
    budget: budget ?? new WorkBudget({ clock }),
    measure: measure ?? (() => performance.now() * 1000),
    clock: clock ?? systemClock,
    setTimer: setTimer ?? systemTimer,
    random: random ?? Math.random
  })
}

function invalid(message: string): RecordError {
  return new RecordError('INVALID_ARGUMENT', message)
}
