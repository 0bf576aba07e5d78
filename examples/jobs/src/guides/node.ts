import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { records, withRecords } from '@recordkit/record-libp2p'
import type { RecordsService } from '@recordkit/record-libp2p'
import { createLibp2p } from 'libp2p'

const plain = {
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()]
}

function services(clientMode: boolean) {
  return {
    identify: identify(),
    ping: ping(),
    // on the public network, leave out peerInfoMapper: by default, private addresses are removed
    dht: kadDHT({ protocol: '/my/kad/1.0.0', clientMode, peerInfoMapper: passthroughMapper })
  }
}

/** A node that also stores records of other peers. */
export async function startServer(listen: string[]) {
  return createLibp2p(withRecords({ ...plain, addresses: { listen }, services: services(false) }))
}

/** A node that only reads and publishes. */
export async function startClient() {
  return createLibp2p({ ...plain, services: { ...services(true), records: records() } })
}

/** @returns the number of peers that were told that this node has the content */
export async function publishProvider(
  libp2p: { readonly services: { readonly records: RecordsService } },
  multihash: Uint8Array
): Promise<number> {
  const { copies } = await libp2p.services.records.providers.addProvider(multihash)
  return copies.reached
}
