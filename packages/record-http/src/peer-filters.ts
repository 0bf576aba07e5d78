import { peerIdToString } from '@recordkit/record-codec'
import { multiaddr } from '@multiformats/multiaddr'
import type { PeerInfo } from './handler-options.ts'

/** A peer as it is sent. @see Delegated Routing V1, "Peer Schema" */
export interface PeerJson {
  readonly Schema: 'peer'
  readonly ID: string
  readonly Addrs: readonly string[]
  readonly Protocols: readonly string[]
}

/** Converts a peer; `undefined` when the filters of the request leave it out. */
export type PeerFilter = (peer: PeerInfo) => PeerJson | undefined

/** names in one filter that are used; the rest is ignored */
const maxNames = 64

/**
 * The filters of a request. Addresses that pass are kept, and a peer without any left is left out; by protocols whole peers are kept or
 * left out. `unknown` stands for peers without addresses or protocols, `!` before a name excludes addresses.
 *
 * @see IPIP-484
 */
export function peerFilter(query: URLSearchParams): PeerFilter {
  const addresses = namesIn(query.get('filter-addrs'))
  const protocols = namesIn(query.get('filter-protocols'))
  const excluded = new Set(addresses.filter((name) => name.startsWith('!')).map((name) => name.slice(1)))
  const wanted = new Set(addresses.filter((name) => !name.startsWith('!')))
  return (peer) => {
    const known = (peer.protocols ?? []).map((name) => name.toLowerCase())
    const isWanted = protocols.some((name) => (name === 'unknown' && known.length === 0) || known.includes(name))
    if (protocols.length > 0 && !isWanted) return undefined
    const readable = peer.addresses.flatMap(readAddress)
    const passing = readable.filter(
      ({ names }) =>
        !names.some((name) => excluded.has(name)) && (wanted.size === 0 || names.some((name) => wanted.has(name)))
    )
    const isUnknown = readable.length === 0 && wanted.has('unknown')
    if (addresses.length > 0 && passing.length === 0 && !isUnknown) return undefined
    return {
      Schema: 'peer',
      ID: peerIdToString(peer.id),
      Addrs: passing.map(({ text }) => text),
      Protocols: peer.protocols ?? []
    }
  }
}

function namesIn(list: string | null): string[] {
  return (list ?? '')
    .toLowerCase()
    .split(',', maxNames)
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** The text of an address and the names of its protocols; an empty list for bytes that are not an address. */
function readAddress(bytes: Uint8Array): { readonly text: string; readonly names: readonly string[] }[] {
  try {
    const address = multiaddr(bytes)
    return [{ text: address.toString(), names: address.getComponents().map(({ name }) => name) }]
  } catch {
    return []
  }
}
