import { serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import type { Startable } from '@libp2p/interface'
import type { RecordManager } from '@recordkit/record-manager'
import type { DhtProviderStore, DhtRecordStore } from '@recordkit/store-dht'
import type { DeferredRouting } from './deferred-routing.ts'

interface RecordsServiceOptions {
  readonly manager: RecordManager
  readonly network: DhtRecordStore
  readonly providers: DhtProviderStore
  readonly routing: DeferredRouting
  /** capabilities of other services that the node must have */
  readonly dependencies: readonly string[]
  /** called before the manager starts, when all services of the node run */
  readonly prepare: () => void
}

/**
 * Records as a service of a js-libp2p node. The node calls the methods of all its services concurrently: `start`, then
 * `afterStart`; `beforeStop`, then `stop`. Records need the other services, and so run only between `afterStart` and
 * `beforeStop`. The store stays open, because a node can be started again: close it with `close()`.
 */
export class RecordsService implements Startable {
  readonly [Symbol.toStringTag]: string = '@recordkit/record-libp2p'
  /** puts, gets, watches and receives records */
  readonly manager: RecordManager
  /** the network of the manager: the records among the peers */
  readonly network: DhtRecordStore
  /** announces and finds the providers of content */
  readonly providers: DhtProviderStore
  readonly #routing: DeferredRouting
  readonly #prepare: () => void

  constructor({ manager, network, providers, routing, dependencies, prepare }: RecordsServiceOptions) {
    this.manager = manager
    this.network = network
    this.providers = providers
    this.#routing = routing
    this.#prepare = prepare
    Object.assign(this, { [serviceCapabilities]: ['@recordkit/records'], [serviceDependencies]: dependencies })
  }

  /** Does nothing: the other services of the node may not run yet. */
  async start(): Promise<void> {}

  /** Called by the node when all its services run: allows calls to the network, and starts republishing. */
  async afterStart(): Promise<void> {
    this.#prepare()
    this.#routing.start()
    await this.manager.start()
    await this.providers.start()
  }

  /** Called by the node while its other services still run: aborts calls to the network, and waits until they have ended. */
  async beforeStop(): Promise<void> {
    const announced = this.providers.stop()
    this.#routing.stop()
    await this.manager.stop()
    await announced
    await this.network.settled()
  }

  /** Does nothing: everything has ended in `beforeStop`. */
  async stop(): Promise<void> {}

  /** Stops the service and closes the store. */
  async close(): Promise<void> {
    await this.beforeStop()
    await this.manager.close()
  }
}
