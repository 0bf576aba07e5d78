import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { withRecords } from '@recordkit/record-libp2p'
import { publishIpns, resolveIpns } from '@recordkit/record-manager/ipns'
import { createLibp2p } from 'libp2p'

/** @param listen - addresses */
export async function publish(listen: string[], path: string): Promise<string | undefined> {
  const libp2p = await createLibp2p(
    withRecords({
      addresses: { listen },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      // passthroughMapper keeps private addresses, such as those of loopback
      services: {
        identify: identify(),
        ping: ping(),
        dht: kadDHT({ clientMode: false, peerInfoMapper: passthroughMapper })
      }
    })
  )
  const { manager } = libp2p.services.records
  await publishIpns(manager, path, { timeout: 1000 })
  const resolved = await resolveIpns(manager, libp2p.peerId.toString())
  await libp2p.stop()
  return resolved
}
