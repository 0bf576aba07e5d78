import { RecordManager, replication } from '@recordkit/record-manager'
import { resolveIpns } from '@recordkit/record-manager/ipns'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { DhtRecordStore, fallbackRouting } from '@recordkit/store-dht'
import { delegatedRouting } from '@recordkit/store-dht/delegated'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import type { KadDht } from '@recordkit/store-dht/libp2p'
import { MemoryRecordStore } from '@recordkit/store-memory'

/** @param server - the URL of a server of Delegated Routing, which is asked first */
export async function resolve(server: string, dht: KadDht, name: string): Promise<string | undefined> {
  const routing = fallbackRouting([delegatedRouting([server]), kadDhtRouting(dht)])
  const manager = new RecordManager({
    engine: new ValidationEngine([ipns()]),
    store: new MemoryRecordStore(),
    network: replication(new DhtRecordStore({ routing }), { copies: 3 })
  })
  return resolveIpns(manager, name)
}
