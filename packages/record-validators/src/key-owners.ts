import { ipnsNameToString } from '@recordkit/record-codec'
import type { PeerId } from '@recordkit/record-types'
import { copyBytes, equalBytes } from '@recordkit/record-types'
import { BoundedMap, fromHex, mapKey } from '@recordkit/record-types/internal'

/** Owners that are kept: up to 256 KiB. */
const maxOwners = 1024

interface Spelled {
  /** the name of the owner in base36 */
  readonly segment: Uint8Array
  readonly owner: PeerId
}

/**
 * The owners that the first segments of paths name in base36. Converting a name takes longer than all other checks of a policy, so that
 * those that were converted last are kept.
 */
export class KeyOwners {
  readonly #owners = new BoundedMap<string, Spelled>(maxOwners)
  /** most calls ask for one key again and again */
  #last: Spelled | undefined

  /** @throws when the segment does not name an owner */
  ownerOf(segment: Uint8Array): PeerId | undefined {
    const owner = this.#find(segment)?.owner ?? ownerFromBase36(segment)
    if (owner === undefined) return undefined
    this.#keep(segment, owner)
    return copyBytes(owner)
  }

  /** Whether a segment names this author. Compared as bytes: another spelling of the same name is not the owner either. */
  isOwner(author: PeerId, segment: Uint8Array): boolean {
    const known = this.#find(segment)
    if (known !== undefined) return equalBytes(known.owner, author)
    if (!equalBytes(segment, new TextEncoder().encode(ipnsNameToString(author)))) return false
    this.#keep(segment, author)
    return true
  }

  #find(segment: Uint8Array): Spelled | undefined {
    if (this.#last !== undefined && equalBytes(this.#last.segment, segment)) return this.#last
    const found = this.#owners.get(mapKey(segment))
    if (found !== undefined) this.#last = found
    return found
  }

  #keep(segment: Uint8Array, owner: PeerId): void {
    if (this.#find(segment) !== undefined) return
    this.#last = { segment: new Uint8Array(segment), owner: new Uint8Array(owner) }
    this.#owners.set(mapKey(segment), this.#last)
  }
}

/**
 * The owner that the first segment of a path names in base36. Smaller in a bundle than {@link ownerOf}, which reads every base to explain an error.
 *
 * @throws when it does not name an owner
 */
function ownerFromBase36(segment: Uint8Array): PeerId | undefined {
  // a SHA-256, or an inlined key of at most 42 bytes: 70 digits
  if (segment.length > 80) return undefined
  let number = 0n
  for (const byte of segment.subarray(1)) number = number * 36n + BigInt(byte < 0x3a ? byte - 0x30 : byte - 0x57)
  // the CID, of version 1 and the codec libp2p-key: 01 72
  const owner = fromHex(number.toString(16).slice(3))
  // one spelling: also refuses everything that is not such a CID
  return equalBytes(segment, new TextEncoder().encode(ipnsNameToString(owner))) ? owner : undefined
}
