import { ipns } from '@helia/ipns'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ipnsRouter } from '@recordkit/record-helia'
import { withRecords } from '@recordkit/record-libp2p'
import { createHelia } from 'helia'
import type { loopback } from './loopback.ts'

/** no public server is asked over HTTP, as Helia does by default */
const http = { delegatedRouters: [], recursiveGateways: [] }

/** @returns the name that a key of Helia's keychain published */
export async function publish(libp2pOptions: ReturnType<typeof loopback>, peer: Multiaddr[], path: string) {
  const helia = await createHelia({ http, libp2p: withRecords(libp2pOptions) }).start()
  const { records } = helia.libp2p.services
  const name = ipns(helia, { routers: [ipnsRouter(records.manager)] })
  await helia.libp2p.dial(peer)
  const published = await name.publish('site', path, { signal: AbortSignal.timeout(20_000) })
  await helia.stop()
  await records.close()
  return published.name
}
