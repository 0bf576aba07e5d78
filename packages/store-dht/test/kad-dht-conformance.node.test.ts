import type { KadDHTInit } from '@libp2p/kad-dht'
import { testRouting } from '@recordkit/record-conformance'
import { createTestNetwork } from '@recordkit/record-test-network'
import type { RecordRouting } from '@recordkit/record-types'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import { describe, test } from 'vitest'

const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const kadDht: KadDHTInit = {
  validators: { toy: async () => undefined },
  selectors: { toy: () => 0 },
  initialQuerySelfInterval: 10
}
const protocol = '/recordkit/test/kad/1.0.0'
const networks = new Map<RecordRouting, AsyncDisposable>()

async function open(nodes: number): Promise<RecordRouting> {
  const network = await createTestNetwork({
    transport: 'memory',
    nodes,
    protocol,
    node: () => ({ kadDhtInit: kadDht })
  })
  const [node] = network.honest
  if (node === undefined) throw new Error('the network has no node')
  const routing = kadDhtRouting(node.services.dht, { dialer: node, protocol, firstPeerTimeout: 0 })
  networks.set(routing, network)
  return routing
}

testRouting(
  { test, describe },
  {
    name: 'kad-dht of js-libp2p on four real nodes',
    putToPeer: true,
    getFromPeer: true,
    providers: true,
    open: () => open(4),
    openAlone: () => open(1),
    record: (number) => ({ key: text(`/toy/${number}`), value: text(`value ${number}`) }),
    async close(routing) {
      await networks.get(routing)?.[Symbol.asyncDispose]()
      networks.delete(routing)
    }
  }
)
