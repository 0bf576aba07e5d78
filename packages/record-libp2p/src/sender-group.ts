import type { Connection } from '@libp2p/interface'
import { peerIdFromName } from '@recordkit/record-codec/internal'
import type { PeerId } from '@recordkit/record-types'
import { BoundedMap, mapKey } from '@recordkit/record-types/internal'

/** The part of a connection that names the group of its peer. */
export type GroupedConnection = Pick<Connection, 'remotePeer'> & {
  readonly remoteAddr?: Pick<Connection['remoteAddr'], 'getComponents'> | undefined
}

type AddressComponent = ReturnType<Connection['remoteAddr']['getComponents']>[number]

/**
 * The group of senders that a connection belongs to: 4 and the first 3 bytes of its IPv4 address, or 6 and the first 6 bytes of
 * its IPv6 address. Peers on loopback or without an IP address are groups of their own, by their peer ID. Relayed peers belong to
 * the group of their relay, by its peer ID: its address is not theirs, and they choose their peer IDs themselves.
 */
export function groupOfConnection({ remotePeer, remoteAddr }: GroupedConnection): Uint8Array {
  const own = remotePeer.toMultihash().bytes
  const components = remoteAddr?.getComponents() ?? []
  const circuit = components.findIndex(({ name }) => name === 'p2p-circuit')
  if (circuit >= 0) {
    const relay = components.slice(0, circuit).findLast(({ name }) => name === 'p2p')?.value
    const id = relay === undefined ? undefined : peerIdOf(relay)
    if (id !== undefined) return id
  }
  return groupOfAddress(components) ?? own
}

/** `undefined` for an ID that is not one of libp2p: this is called in a listener, where an error would end the process. */
function peerIdOf(relay: string): PeerId | undefined {
  try {
    return peerIdFromName(relay, 'relay')
  } catch {
    return undefined
  }
}

function groupOfAddress(components: readonly AddressComponent[]): Uint8Array | undefined {
  for (const { name, value = '' } of components) {
    if (name === 'ip4') return groupOfIpv4(bytesOfIpv4(value))
    if (name === 'ip6') return groupOfIpv6(bytesOfIpv6(value))
  }
  return undefined
}

function groupOfIpv4(address: readonly number[]): Uint8Array | undefined {
  return address[0] === 127 ? undefined : Uint8Array.of(4, ...address.slice(0, 3))
}

function groupOfIpv6(address: readonly number[]): Uint8Array | undefined {
  if (address.slice(0, 10).every((byte) => byte === 0)) {
    if (address[10] === 255 && address[11] === 255) return groupOfIpv4(address.slice(12))
    if (address.slice(10, 15).every((byte) => byte === 0) && address[15] === 1) return undefined
  }
  return Uint8Array.of(6, ...address.slice(0, 6))
}

function bytesOfIpv4(text: string): number[] {
  return text.split('.').map(Number)
}

/** The 16 bytes of an address as libp2p prints it: with one `::` at most, and an IPv4 address at its end at most. */
function bytesOfIpv6(text: string): number[] {
  const [head = '', tail] = text.split('::')
  const first = bytesOfHextets(head)
  if (tail === undefined) return first
  const last = bytesOfHextets(tail)
  return [...first, ...Array.from({ length: 16 - first.length - last.length }, () => 0), ...last]
}

function bytesOfHextets(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((part) => {
    if (part.includes('.')) return bytesOfIpv4(part)
    const hextet = Number.parseInt(part, 16)
    return [hextet >> 8, hextet & 255]
  })
}

/** maximum number of peers whose group is remembered; the one that connected longest ago is removed first */
const maxPeers = 10_000

/** The groups of the peers that connected, also of those that have disconnected since: their records may still be processed. */
export class SenderGroups {
  readonly #groups = new BoundedMap<string, Uint8Array>(maxPeers)

  /** Remembers the group of a peer. @returns the group */
  add(connection: GroupedConnection): Uint8Array {
    const group = groupOfConnection(connection)
    this.#groups.set(mapKey(connection.remotePeer.toMultihash().bytes), group)
    return group
  }

  /** The group of a peer; its peer ID when no connection of it is known. */
  of(peer: PeerId): Uint8Array {
    return this.#groups.get(mapKey(peer)) ?? peer
  }
}
