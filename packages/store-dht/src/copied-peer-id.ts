import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { encodeBase58 } from '@recordkit/record-codec/internal'
import { isBytes } from '@recordkit/record-types/internal'
import { CID } from 'multiformats/cid'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'

/** the codecs of the CID of a peer ID: of one that a key makes, and of one that a URL makes */
const libp2pKeyCodec = 0x72
const httpGatewayCodec = 0x0920
/** bytes: the ID of a key is shorter, and the one that a URL makes can be of any size */
const maxBytes = 64

/** the multihash codes of the SHA-256 of a key, and of a key itself */
const sha256Code = 0x12
const identityCode = 0
/** the types of keys, by their number in the protobuf message `PublicKey` */
const keyTypes: Readonly<Record<number, Libp2pPeerId['type']>> = { 0: 'RSA', 1: 'Ed25519', 2: 'secp256k1' }

/**
 * A peer ID that can be kept: it has its own bytes. Those in the answers of kad-dht are views of the whole message, up to 4 MiB, which
 * would stay in memory with them. The class of libp2p needs the code of all key types.
 *
 * @returns `undefined` for an ID that is too long
 */
export function copyPeerId(id: Libp2pPeerId): Libp2pPeerId | undefined {
  const { bytes } = id.toMultihash()
  // the Ed25519 keys of libp2p have bytes of their own
  return peerIdOf(bytes, {
    ...('url' in id && { url: id.url }),
    type: id.type,
    publicKey: id.type === 'Ed25519' ? id.publicKey : undefined
  })
}

/** As {@link copyPeerId}, from the bytes in a message; without a public key. */
export function peerIdFromBytes(bytes: Uint8Array): Libp2pPeerId | undefined {
  const type = bytes[0] === sha256Code ? 'RSA' : bytes[0] === identityCode ? keyTypes[bytes[3] ?? 0] : undefined
  return type === undefined ? undefined : peerIdOf(bytes, { type })
}

function peerIdOf(
  bytes: Uint8Array,
  id: { readonly type: Libp2pPeerId['type']; readonly publicKey?: Libp2pPeerId['publicKey']; readonly url?: unknown }
): Libp2pPeerId | undefined {
  if (bytes.length > maxBytes) return undefined
  const multihash = decodeMultihash(new Uint8Array(bytes))
  const isUrl = id.type === 'url'
  const toCID = (): CID => CID.createV1(isUrl ? httpGatewayCodec : libp2pKeyCodec, multihash)
  const toString = (): string => (isUrl ? toCID().toString() : encodeBase58(multihash.bytes))
  // as libp2p does: the bytes of a URL's ID are compared as text
  const textOf = (bytes: Uint8Array): string => (isUrl ? new TextDecoder().decode(bytes) : encodeBase58(bytes))
  const copy = {
    // `peerIdSymbol` of @libp2p/interface, by which libp2p recognizes peer IDs
    [Symbol.for('@libp2p/peer-id')]: true,
    type: id.type,
    ...('url' in id ? { url: id.url } : {}),
    publicKey: id.publicKey,
    toMultihash: () => multihash,
    toCID,
    toString,
    toJSON: toString,
    equals: (other: Libp2pPeerId | Uint8Array | string | null | undefined): boolean =>
      other !== undefined && other !== null && toString() === (isBytes(other) ? textOf(other) : other.toString())
  }
  return copy as unknown as Libp2pPeerId
}
