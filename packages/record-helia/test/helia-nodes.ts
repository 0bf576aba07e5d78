import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { withRecords } from '@recordkit/record-libp2p'
import type { RecordsOptions } from '@recordkit/record-libp2p'
import { createHelia } from 'helia'

/** Options of a libp2p node on loopback. They replace every default of Helia: no other peer is found, and none is asked. */
export function loopback() {
  return {
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    peerDiscovery: [],
    contentRouters: [],
    peerRouters: [],
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({ protocol: '/toy/kad/1.0.0', clientMode: false, peerInfoMapper: passthroughMapper })
    }
  }
}

/** no server is asked over HTTP */
export const noServers = { delegatedRouters: [], recursiveGateways: [] }

/** A started Helia node with records, on loopback. */
export async function startHelia(options: RecordsOptions = {}) {
  return createHelia({ http: noServers, libp2p: withRecords(loopback(), options) }).start()
}
