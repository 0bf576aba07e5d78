import type { ContentRouting, PeerId, PeerInfo as Libp2pPeerInfo, PeerRouting } from '@libp2p/interface'
import { peerIdFromMultihash } from '@libp2p/peer-id'
import { sha256 } from '@recordkit/record-crypto'
import { compareBytes } from '@recordkit/record-types'
import type { AbortOptions } from '@recordkit/record-types'
import { CID } from 'multiformats/cid'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'
import type { FindPeers, PeerInfo, RecordHandlerOptions } from './handler-options.ts'

/** The part of a js-libp2p node that is used. */
export interface Libp2pNode {
  readonly peerId: PeerId
  readonly contentRouting: Pick<ContentRouting, 'findProviders'>
  readonly peerRouting: Pick<PeerRouting, 'findPeer' | 'getClosestPeers'>
  getMultiaddrs(): readonly { readonly bytes: Uint8Array }[]
}

/** number of closest peers in an answer: the size of a bucket of Kademlia */
const bucketSize = 20
/** the codec of a CID whose multihash alone matters */
const rawCodec = 0x55

/**
 * The routes for peers from a js-libp2p node: providers, one peer, closest peers.
 *
 * @example
 * ```ts
 * const { manager, network } = libp2p.services.records
 * const handler = createRecordHandler({ manager, network, ...libp2pPeers(libp2p) })
 * ```
 */
export function libp2pPeers(
  node: Libp2pNode
): Required<Pick<RecordHandlerOptions, 'providers' | 'peers' | 'closestPeers'>> {
  const providers: FindPeers = async function* (multihash, options): AsyncGenerator<PeerInfo> {
    const cid = CID.createV1(rawCodec, decodeMultihash(new Uint8Array(multihash)))
    for await (const provider of node.contentRouting.findProviders(cid, signalOf(options))) yield infoOf(provider)
  }
  const peers: FindPeers = async (id, options) => {
    const peerId = peerIdFromMultihash(decodeMultihash(new Uint8Array(id)))
    if (peerId.equals(node.peerId)) return [infoOf({ id: peerId, multiaddrs: node.getMultiaddrs() })]
    try {
      return [infoOf(await node.peerRouting.findPeer(peerId, signalOf(options)))]
    } catch (error) {
      if (error instanceof Error && error.name === 'NotFoundError') return []
      throw error
    }
  }
  const closestPeers: FindPeers = async (key, options) => {
    const target = sha256(new Uint8Array(key))
    const found: { readonly distance: Uint8Array; readonly info: PeerInfo }[] = []
    for await (const peer of node.peerRouting.getClosestPeers(new Uint8Array(key), signalOf(options))) {
      const info = infoOf(peer)
      const distance = sha256(info.id).map((byte, index) => byte ^ (target[index] ?? 0))
      found.push({ distance, info })
    }
    found.sort((one, other) => compareBytes(one.distance, other.distance))
    return found.slice(0, bucketSize).map(({ info }) => info)
  }
  return { providers, peers, closestPeers }
}

function infoOf({
  id,
  multiaddrs
}: Pick<Libp2pPeerInfo, 'id'> & { readonly multiaddrs: readonly { readonly bytes: Uint8Array }[] }): PeerInfo {
  return { id: id.toMultihash().bytes, addresses: multiaddrs.map(({ bytes }) => bytes) }
}

/** The options of libp2p, in which an absent signal is not `undefined`. */
function signalOf({ signal }: AbortOptions): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
