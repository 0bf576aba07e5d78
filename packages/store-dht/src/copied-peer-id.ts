import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'
import type { MultihashDigest } from 'multiformats/hashes/interface'

/** the codec of the CID of a peer ID */
const libp2pKeyCodec = 0x72
/** bytes: the ID of a key is shorter, and the one that a URL makes can be of any size */
const maxBytes = 64
/** `peerIdSymbol` of @libp2p/interface, by which libp2p recognizes peer IDs */
const peerIdSymbol = /* @__PURE__ */ Symbol.for('@libp2p/peer-id')

/**
 * A peer ID that can be kept. Those in the answers of kad-dht are views of the whole message, up to 4 MiB, which would stay in memory
 * with them.
 *
 * @returns `undefined` for an ID that is too long
 */
export function copyPeerId(id: Libp2pPeerId): Libp2pPeerId | undefined {
  const { bytes } = id.toMultihash()
  return bytes.length > maxBytes ? undefined : (new CopiedPeerId(id, new Uint8Array(bytes)) as unknown as Libp2pPeerId)
}

/** Has its own bytes. The class of libp2p needs the code of all key types. */
class CopiedPeerId {
  readonly [peerIdSymbol] = true
  readonly type: Libp2pPeerId['type']
  /** Ed25519 keys of libp2p have bytes of their own */
  readonly publicKey: Libp2pPeerId['publicKey']
  readonly #multihash: MultihashDigest

  constructor({ type, publicKey }: Libp2pPeerId, bytes: Uint8Array<ArrayBuffer>) {
    this.type = type
    this.publicKey = type === 'Ed25519' ? publicKey : undefined
    this.#multihash = decodeMultihash(bytes)
  }

  toMultihash(): MultihashDigest {
    return this.#multihash
  }

  toCID(): CID {
    return CID.createV1(libp2pKeyCodec, this.#multihash)
  }

  toString(): string {
    return base58btc.encode(this.#multihash.bytes).slice(1)
  }

  equals(other: Libp2pPeerId | Uint8Array | string | undefined): boolean {
    if (other === undefined) return false
    return this.toString() === (other instanceof Uint8Array ? base58btc.encode(other).slice(1) : other.toString())
  }
}
