import { mapKey } from '@recordkit/record-types/internal'
import type { ConnectionGater, Libp2p, PeerId } from '@libp2p/interface'

/** Which side of a cut each peer is on, and what that forbids. */
export class Partition {
  #first: Set<string> | undefined

  /** A gater that denies what would cross the cut. */
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

  /** Closes every connection between the peers named and the others, and denies new ones. */
  async cut(nodes: readonly Libp2p[], inFirst: (peer: PeerId) => boolean): Promise<void> {
    this.#first = new Set(nodes.filter(({ peerId }) => inFirst(peerId)).map(({ peerId }) => nameOf(peerId)))
    const crossing = nodes.flatMap((node) =>
      node.getConnections().filter(({ remotePeer }) => this.#crosses(node.peerId, remotePeer))
    )
    await Promise.all(crossing.map(async (connection) => connection.close()))
  }

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
