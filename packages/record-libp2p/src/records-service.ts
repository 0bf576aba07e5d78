import { serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import type { Startable } from '@libp2p/interface'
import { RecordManager } from '@recordkit/record-manager'
import type { RecordManagerParts } from '@recordkit/record-manager'
import type { DhtProviderStore, DhtRecordStore } from '@recordkit/store-dht'
import type { LateRouting } from './late-routing.ts'

/**
 * The manager as a service of a js-libp2p node. The node starts it once everything it needs runs, and stops it before;
 * closing the store is the application's, as a node may be started again.
 */
export class RecordsService extends RecordManager implements Startable {
  readonly [Symbol.toStringTag]: string = '@recordkit/record-libp2p'
  readonly network: DhtRecordStore
  /** who provides which content */
  readonly providers: DhtProviderStore

  readonly #routing: LateRouting

  /** @param needs - capabilities of other services that the node must have */
  constructor(
    parts: RecordManagerParts & { readonly peers: DhtRecordStore; readonly routing: LateRouting },
    makeProviders: (records: RecordManager) => DhtProviderStore,
    needs: readonly string[]
  ) {
    super(parts)
    this.network = parts.peers
    this.#routing = parts.routing
    this.providers = makeProviders(this)
    Object.assign(this, { [serviceCapabilities]: ['@recordkit/records'], [serviceDependencies]: needs })
  }

  /** Does nothing: the services of a node start in no order. */
  override async start(): Promise<void> {}

  /** Begins to keep records alive, called by the node when all its services have started. */
  async afterStart(): Promise<void> {
    this.#routing.start()
    await super.start()
    this.providers.start()
  }

  /** Called by the node while its other services still run; what is under way in the network is given up. */
  async beforeStop(): Promise<void> {
    this.providers.stop()
    this.#routing.stop()
    await super.stop()
    await this.network.settled()
  }

  override async stop(): Promise<void> {}

  /** Stops, and closes the store. */
  override async close(): Promise<void> {
    this.providers.stop()
    this.#routing.stop()
    await super.stop()
    await super.close()
  }
}
