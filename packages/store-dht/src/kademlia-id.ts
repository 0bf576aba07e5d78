import { sha256 } from 'multiformats/hashes/sha2'

/** bits of a Kademlia ID that are used: two peers of one network differ in them */
export const idBits = 48
/** 2^24, as a literal: bundlers keep computed numbers */
const half = 16_777_216

/**
 * The first 48 bits of the position of a key or a peer in a Kademlia DHT.
 *
 * @param bytes - the bytes of a key, or of a peer ID
 * @see libp2p kad-dht specification, "Kademlia distance": the SHA-256 of the key
 */
export async function kademliaId(bytes: Uint8Array): Promise<number> {
  return idOfDigest(await sha256.encode(bytes))
}

/** As {@link kademliaId}, of the SHA-256. */
export function idOfDigest(digest: Uint8Array): number {
  let id = 0
  for (const byte of digest.subarray(0, idBits / 8)) id = id * 256 + byte
  return id
}

/** The XOR of two Kademlia IDs: how far they are from each other. */
export function distanceBetween(a: number, b: number): number {
  return (Math.floor(a / half) ^ Math.floor(b / half)) * half + ((a % half) ^ (b % half))
}

/** One bit of a Kademlia ID. @param index - 0 for the highest */
export function bitOf(id: number, index: number): 0 | 1 {
  return Math.floor(id / 2 ** (idBits - 1 - index)) % 2 === 1 ? 1 : 0
}
