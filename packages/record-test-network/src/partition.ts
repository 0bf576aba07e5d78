import { mapKey } from '@recordkit/record-types/internal'
import type { ConnectionGater, Libp2p, PeerId } from '@libp2p/interface'

/** A partition of a network into two parts. */
export class Partition {
  /** names of the peers in the first part; `undefined` while the network is whole */
  #first: Set<string> | undefined

  /** A connection gater that denies connections between the parts. */
  gaterOf(self: () => PeerId | undefined): ConnectionGater {
    const denied = (peer: PeerId): boolean => {
      const own = self()
      return own !== undefined && this.#crosses(own, peer)
    }
    return {
      denyDialPeer: denied,
      denyDialMultiaddr: () => false,
      denyInboundEncryptedConnection: denied,
      denyOutboundEncryptedConnection: denied
    }
  }

  /** Closes every connection between the two parts, and denies new ones. */
  async divide(nodes: readonly Libp2p[], inFirst: (peer: PeerId) => boolean): Promise<void> {
    this.#first = new Set(nodes.filter(({ peerId }) => inFirst(peerId)).map(({ peerId }) => nameOf(peerId)))
    const crossing = nodes.flatMap((node) =>
      node.getConnections().filter(({ remotePeer }) => this.#crosses(node.peerId, remotePeer))
    )
    await Promise.all(crossing.map(async (connection) => connection.close()))
  }

  /** Allows all connections again. */
  heal(): void {
    this.#first = undefined
  }

  #crosses(a: PeerId, b: PeerId): boolean {
    return this.#first !== undefined && this.#first.has(nameOf(a)) !== this.#first.has(nameOf(b))
  }
}

function nameOf(peer: PeerId): string {
  return mapKey(peer.toMultihash().bytes)
}
