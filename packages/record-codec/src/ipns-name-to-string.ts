import type { PeerId } from '@recordkit/record-types'
import { toHex } from '@recordkit/record-types/internal'
import { assertPeerId } from './peer-id.ts'

/**
 * Returns the text form of an IPNS name, a CIDv1 of the codec libp2p-key in base36: `k51…`, `k2k4…`.
 *
 * @throws RecordError the codes of `assertPeerId`
 * @example
 * ```ts
 * console.log(`/ipns/${ipnsNameToString(signer.peerId)}`)
 * ```
 */
export function ipnsNameToString(name: PeerId): string {
  // The first byte of the CID is its version, which is not 0: BigInt, which drops leading zeros, gives the right
  // base36.
  return 'k' + BigInt(`0x0172${toHex(assertPeerId(name))}`).toString(36)
}
