import type { AbortOptions, Clock, Eclipse, SetTimer } from '@recordkit/record-types'
import { BoundedMap, mapKey, raceAbort } from '@recordkit/record-types/internal'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { sha256 } from 'multiformats/hashes/sha2'
import type { Contact } from './closest-peers.ts'
import { copyPeerId } from './copied-peer-id.ts'
import { couldBeEclipsed, eclipseDensity, isIn, membersOf, partsOf, regionAround } from './eclipse-region.ts'
import type { Prefix } from './eclipse-region.ts'
import { askPeer, walkKadDht } from './kad-dht-walk.ts'
import type { AskablePeers } from './kad-dht-walk.ts'
import { distanceBetween, idOfDigest } from './kademlia-id.ts'
import { densityPeers, NetworkSize } from './network-size.ts'
import { startTimeout } from './timeout.ts'

/** peers of the routing table below which the size of the network is not estimated: it is too small to be judged */
const leastTable = 100
/** look-ups of regions for each look-up of a key, and how many can be saved up */
const searchesPerLookup = 0.1
const maxSavedSearches = 10
/** ns: an hour, after which the members of a region are looked up again as soon as that is allowed */
const memory = 3_600_000_000_000n
const maxRegions = 64
/** ms; a random look-up goes to the end, which invented peers delay */
const searchTimeout = 20_000
const sampleTimeout = 60_000

export interface EclipseGuardParts {
  readonly dht: AskablePeers
  readonly clock: Clock
  readonly setTimer: SetTimer
  /** from 0 to below 1 */
  readonly random: () => number
  /** number of peers in the routing table */
  readonly tableSize: () => number
  /** @default 100 peers in the routing table, 200 nodes in the network */
  readonly atLeast?: { readonly table: number; readonly nodes: number } | undefined
}

export interface EclipseGuardOptions extends AbortOptions {
  /** whether the peers were found by a look-up, and not by earlier ones. @default true */
  readonly isLookUp?: boolean | undefined
  readonly onEclipse?: ((eclipse: Eclipse) => void) | undefined
}

interface Region {
  /** ns */
  readonly since: bigint
  readonly members: Promise<readonly Contact<Libp2pPeerId>[]>
}

/**
 * Finds honest peers around a key near which peer IDs were generated: those of a whole region, which is looked up part by part. Regions
 * are looked up for at most a tenth of all look-ups, and once an hour, so that attackers cannot multiply the messages of a node.
 *
 * @see semantics: Network, Eclipse
 */
export class EclipseGuard {
  readonly #parts: EclipseGuardParts
  readonly #size = new NetworkSize()
  readonly #regions = new BoundedMap<string, Region>(maxRegions)
  /** a look-up of a random key */
  #sampling: Promise<void> | undefined
  #searches = 1

  constructor(parts: EclipseGuardParts) {
    this.#parts = parts
  }

  /** Number of answers that a look-up needs before it can be judged: 20, if the nearest are suspiciously near. */
  answersNeeded(distances: readonly number[]): number {
    const { clock, atLeast } = this.#parts
    return couldBeEclipsed(distances, this.#size.nodes(clock()), atLeast?.nodes) ? densityPeers : 0
  }

  /**
   * The peers of the region around a key, if IDs were generated near it: also those that the look-up has found, in random order. Counts
   * the look-up, and starts one of a random key in the background when the size of the network is not known well enough.
   *
   * @param id - of the key
   * @param distances - of the peers that answered the look-up
   * @throws the reason of the signal
   */
  async membersNear(
    key: Uint8Array,
    id: number,
    distances: readonly number[],
    { signal, onEclipse, isLookUp = true }: EclipseGuardOptions
  ): Promise<readonly Contact<Libp2pPeerId>[]> {
    const now = this.#parts.clock()
    if (isLookUp) {
      this.#searches = Math.min(maxSavedSearches, this.#searches + searchesPerLookup)
      this.#sampling ??= this.#sample(now).finally(() => (this.#sampling = undefined))
    }
    const nodes = this.#size.nodes(now)
    const density = eclipseDensity(distances, nodes, this.#parts.atLeast?.nodes)
    if (nodes === undefined || density === undefined) return []
    this.#size.suspect()
    onEclipse?.({ key, nodes: Math.round(nodes), density })
    const region = regionAround(id, nodes)
    const name = `${region.length}:${region.id}`
    let known = this.#regions.get(name)
    const age = known === undefined ? memory : now - known.since
    if ((age < 0n || age >= memory) && this.#searches >= 1) {
      this.#searches--
      known = { since: now, members: this.#search(region) }
      this.#regions.set(name, known)
    }
    // while no look-up is allowed, members that are older are better than none
    if (known === undefined) return []
    const members = await raceAbort(known.members, signal)
    if (members.length === 0 && this.#regions.get(name) === known) this.#regions.delete(name)
    return members.map((member) => ({ ...member, distance: distanceBetween(id, member.id) }))
  }

  /** Resolves when no random key is looked up. */
  async settled(): Promise<void> {
    await this.#sampling
  }

  /** Looks up a random key, when that is due. Never rejects. */
  async #sample(now: bigint): Promise<void> {
    const { tableSize, atLeast } = this.#parts
    if (tableSize() < (atLeast?.table ?? leastTable) || !this.#size.isDue(now)) return
    const target = crypto.getRandomValues(new Uint8Array(32))
    // a walk that ends before knows too few of the closest peers when others invent peers
    const { found, isWhole } = await this.#lookUp(target, await sha256.encode(target), 'end', sampleTimeout)
    const radius = found.map(({ distance }) => distance).toSorted((a, b) => a - b)[densityPeers - 1]
    if (isWhole && radius !== undefined) this.#size.add(radius, this.#parts.clock())
    else this.#size.failed(this.#parts.clock())
  }

  /** Never rejects. */
  async #search(region: Prefix): Promise<readonly Contact<Libp2pPeerId>[]> {
    const lookUps = partsOf(region).map(async (part) => {
      const target = await keyIn(part, this.#parts)
      if (target === undefined) return []
      return (await this.#lookUp(target.key, target.digest, 'answered', searchTimeout)).found
    })
    const found = (await Promise.all(lookUps)).flat()
    const distinct = new Map(found.filter(({ id }) => isIn(region, id)).map((contact) => [contact.name, contact]))
    return membersOf(region, [...distinct.values()], this.#parts.random)
  }

  /** The peers that answer on the way to a key. Never rejects. */
  async #lookUp(
    key: Uint8Array,
    digest: Uint8Array,
    until: 'answered' | 'end',
    milliseconds: number
  ): Promise<{ readonly found: readonly Contact<Libp2pPeerId>[]; readonly isWhole: boolean }> {
    const { dht, clock, setTimer, random } = this.#parts
    const target = idOfDigest(digest)
    const timeout = startTimeout(milliseconds, undefined, setTimer)
    const found: Contact<Libp2pPeerId>[] = []
    let isWhole = false
    const ask = (peer: Libp2pPeerId, signal: AbortSignal) => askPeer(dht, peer, 'FIND_NODE', key, signal)
    const options = { clock, setTimer, random, ask, until, answersNeeded: () => densityPeers, signal: timeout.signal }
    try {
      for await (const event of walkKadDht(dht, digest, options)) {
        if (event.status !== 'answered') continue
        const { id, distance } = event.peer
        const peer = copyPeerId(id)
        if (peer === undefined) continue
        found.push({ peer, name: mapKey(peer.toMultihash().bytes), id: distanceBetween(target, distance), distance })
      }
      isWhole = true
    } catch {
      // those that have answered are the result
    }
    timeout.cancel()
    return { found, isWhole }
  }
}

/** hashes after which other tasks get a turn */
const hashesPerTurn = 1000
/** enough for a network of a million nodes */
const maxHashes = 1_048_576

/** A key in a part of the ID space: a number that is hashed until it fits. `undefined` when the part is too small. */
async function keyIn(
  part: Prefix,
  { random, setTimer }: EclipseGuardParts
): Promise<{ readonly key: Uint8Array; readonly digest: Uint8Array } | undefined> {
  const key = new Uint8Array(32)
  const view = new DataView(key.buffer)
  view.setFloat64(0, random())
  for (let count = 0; count < maxHashes; count++) {
    view.setUint32(8, count)
    const digest = await sha256.encode(key)
    if (isIn(part, idOfDigest(digest))) return { key, digest }
    if (count % hashesPerTurn === hashesPerTurn - 1) await new Promise<void>((resolve) => void setTimer(resolve, 0))
  }
  return undefined
}
