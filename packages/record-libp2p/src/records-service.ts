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
 * Records as a service of a js-libp2p node. The node starts it after the services that it needs, and stops it before them.
 * The store stays open, because a node can be started again: close it with `close()`.
 */
export class RecordsService implements Startable {
  readonly [Symbol.toStringTag]: string = '@recordkit/record-libp2p'
  readonly manager: RecordManager
  readonly network: DhtRecordStore
  /** the providers of content */
  readonly providers: DhtProviderStore
  readonly #routing: DeferredRouting
  readonly #prepare: () => void

  constructor({ manager, network, providers, routing, dependencies, prepare }: RecordsServiceOptions) {
    this.manager = manager
    this.network = network
    this.providers = providers
    Object.assign(this, { [serviceCapabilities]: ['@recordkit/records'], [serviceDependencies]: dependencies })
    this.#routing = routing
    this.#prepare = prepare
  }

  start(): void {
    this.#routing.start()
  }

  /** Called by the node when all its services run: starts republishing. */
  async afterStart(): Promise<void> {
    this.#prepare()
    await this.manager.start()
    this.providers.start()
  }

  /** Called by the node while its other services still run: aborts what is running in the network. */
  async beforeStop(): Promise<void> {
    this.providers.stop()
    this.#routing.stop()
    await this.manager.stop()
  }

  async stop(): Promise<void> {
    await this.network.settled()
  }

  /** Stops the service and closes the store. */
  async close(): Promise<void> {
    await this.beforeStop()
    await this.stop()
    await this.manager.close()
  }
}
