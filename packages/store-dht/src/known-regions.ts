import type { Clock } from '@recordkit/record-types'
import { closestCount } from './closest-peers.ts'
import type { Contact } from './closest-peers.ts'
import { bitOf, distanceBetween, idBits } from './kademlia-id.ts'

/** ns: after ten minutes nothing that was found is used any more */
const lifetime = 600_000_000_000n
/** bits below the first by which a region is described: what is left out is a part of 2^-24 */
const precision = 24
const maxPeers = 4096
const maxWalks = 1024

/** A node of the tree of Kademlia IDs. All peers below a complete one are known. */
interface Branch {
  isComplete?: boolean
  children?: [Branch | undefined, Branch | undefined]
}

/** A part of the tree: the IDs that begin with the first `length` bits of `id`. */
interface Prefix {
  readonly id: number
  readonly length: number
}

/**
 * The peers that recent walks found, and the regions of the DHT in which these are all peers that answer. A walk to a key finds
 * its 20 closest peers, and with them all that are closer to it than the twentieth. Regions of several walks together can contain
 * the 20 closest peers of other keys, which need no walk.
 */
export class KnownRegions<Peer> {
  readonly #clock: Clock
  readonly #tableSize: () => number
  readonly #peers = new Map<string, Contact<Peer>>()
  #root: Branch = {}
  #walks = 0
  /** whether a walk found fewer peers than it looked for: all there are */
  #isWhole = false
  /** ns; when the first walk was added */
  #since = 0n

  /** @param tableSize - number of peers in the routing table */
  constructor(clock: Clock, tableSize: () => number = () => 0) {
    this.#clock = clock
    this.#tableSize = tableSize
  }

  /** Number of peers. */
  get size(): number {
    return this.#peers.size
  }

  /**
   * Adds the result of a walk that has ended by itself.
   *
   * @param closest - the 20 closest peers that answered; fewer when the network has no more
   */
  add(key: number, closest: readonly Contact<Peer>[]): void {
    if (closest.length === 0) return
    this.#forgetOld()
    const farthest = closest[closestCount - 1]
    // the network was smaller when a walk found all of it
    if (farthest !== undefined && this.#isWhole) this.forgetAll()
    if (this.#walks >= maxWalks || this.#peers.size + closest.length > maxPeers) this.forgetAll()
    if (this.#walks++ === 0) this.#since = this.#clock()
    for (const contact of closest) this.#peers.set(contact.name, contact)
    if (farthest === undefined) {
      this.#root = { isComplete: true }
      this.#isWhole = true
    } else for (const prefix of ballAround(key, distanceBetween(key, farthest.id))) this.#complete(prefix)
  }

  /** The 20 peers closest to a key, the closest first; `undefined` when closer ones may exist. */
  closest(key: number): readonly Contact<Peer>[] | undefined {
    this.#forgetOld()
    const closest: Contact<Peer>[] = []
    for (const { peer, name, id } of this.#peers.values()) {
      const contact = { peer, name, id, distance: distanceBetween(key, id) }
      if (closest.length === closestCount && (closest[closestCount - 1]?.distance ?? 0) < contact.distance) continue
      const at = closest.findIndex(({ distance }) => distance > contact.distance)
      closest.splice(at === -1 ? closest.length : at, 0, contact)
      closest.length = Math.min(closest.length, closestCount)
    }
    if (closest.length === 0) return undefined
    const farthest = closest[closestCount - 1]
    // all peers were known, and the network has become larger
    if (farthest === undefined && this.#tableSize() > closest.length) return undefined
    const needed = farthest === undefined ? [{ id: key, length: 0 }] : ballAround(key, farthest.distance)
    return needed.every((prefix) => this.#isComplete(prefix)) ? closest : undefined
  }

  /** Removes a peer that does not respond any more. */
  forget(name: string): void {
    this.#peers.delete(name)
  }

  #forgetOld(): void {
    const age = this.#clock() - this.#since
    if (this.#walks > 0 && (age > lifetime || age < 0n)) this.forgetAll()
  }

  /** Forgets everything that was found. */
  forgetAll(): void {
    this.#peers.clear()
    this.#root = {}
    this.#walks = 0
    this.#isWhole = false
  }

  #complete({ id, length }: Prefix): void {
    const path = [this.#root]
    for (let index = 0; index < length; index++) {
      const branch = path[index] as Branch
      if (branch.isComplete === true) return
      branch.children ??= [undefined, undefined]
      path.push((branch.children[bitOf(id, index)] ??= {}))
    }
    // two complete halves make a complete branch
    for (let branch = path.pop(); branch !== undefined; branch = path.pop()) {
      branch.isComplete = true
      delete branch.children
      const { children } = path.at(-1) ?? {}
      if (children?.[0]?.isComplete !== true || children[1]?.isComplete !== true) return
    }
  }

  #isComplete({ id, length }: Prefix): boolean {
    let branch: Branch | undefined = this.#root
    for (let index = 0; index < length && branch?.isComplete !== true; index++)
      branch = branch?.children?.[bitOf(id, index)]
    return branch?.isComplete === true
  }
}

/** The IDs that are closer to `key` than `radius`, as parts of the tree. */
function ballAround(key: number, radius: number): readonly Prefix[] {
  const prefixes: Prefix[] = []
  let first: number | undefined
  for (let index = 0; index < idBits; index++) {
    if (bitOf(radius, index) === 0) continue
    first ??= index
    if (index > first + precision) break
    // the bits of the radius above this one, then a 0
    const shared = Math.floor(radius / 2 ** (idBits - index)) * 2 ** (idBits - index)
    prefixes.push({ id: distanceBetween(key, shared), length: index + 1 })
  }
  return prefixes
}
