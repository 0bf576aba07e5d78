import { multiaddr } from '@multiformats/multiaddr'
import { peerIdToString } from '@recordkit/record-codec'
import { generateKeyPair, openPeerRecord, sealPeerRecord } from '@recordkit/record-crypto'

export async function exchange(address: string): Promise<string> {
  const signer = await generateKeyPair()
  const value = await sealPeerRecord({ addresses: [multiaddr(address).bytes] }, { signer })
  const { author, content } = await openPeerRecord(value)
  return `${peerIdToString(author)} ${content.addresses.map((bytes) => multiaddr(bytes).toString()).join()}`
}
