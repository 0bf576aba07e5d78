import { equalBytes } from '../bytes.ts'
import type { PeerId } from '../keys.ts'
import { systemClock } from '../time.ts'
import type { Clock } from '../time.ts'
import { BoundedMap } from './bounded-map.ts'
import { mapKey } from './map-key.ts'

/** Options of {@link WorkBudget}. */
export interface WorkBudgetOptions {
  /** µs of fruitless work that a group may cause per second. @default 10_000 (1 % of a core) */
  readonly workPerSecond?: number | undefined
  /**
   * maximum number of groups, and of peers in all groups together; those that caused work longest ago are removed first. A peer that is
   * not tracked is limited by the budget of its group alone. @default 10_000
   */
  readonly maxGroups?: number | undefined
  readonly clock?: Clock | undefined
}

interface Bucket {
  /** µs; negative after work that cost more than what was left */
  left: number
  /** ns */
  at: bigint
}

/** A bucket holds at most the refill of so many seconds. */
const seconds = 10
/** What one peer may use of the budget of its group, so that it leaves the rest to its neighbours. */
const peerShare = 0.5

/**
 * Limits the fruitless work that groups of senders cause: the time for messages that end in `ignore` or `reject`. A group whose
 * budget is empty costs nothing more until it is refilled. Only groups that caused work take memory.
 */
export class WorkBudget {
  readonly #groups: BoundedMap<string, Bucket>
  readonly #peers: BoundedMap<string, Bucket>
  readonly #perSecond: number
  readonly #clock: Clock

  constructor({ workPerSecond = 10_000, maxGroups = 10_000, clock = systemClock }: WorkBudgetOptions = {}) {
    this.#groups = new BoundedMap(maxGroups)
    this.#peers = new BoundedMap(maxGroups)
    this.#perSecond = workPerSecond
    this.#clock = clock
  }

  /** Number of groups with a bucket. */
  get size(): number {
    return this.#groups.size
  }

  /** Whether the budget of a sender, or of its whole group, is empty. Remembers nothing. */
  isEmpty(sender: PeerId, group: Uint8Array): boolean {
    const bucket = this.#groups.get(mapKey(group))
    const peer = this.#peers.get(nameOf(sender, group))
    return (
      (bucket !== undefined && this.#left(bucket, 1) <= 0) || (peer !== undefined && this.#left(peer, peerShare) <= 0)
    )
  }

  /** @param work - µs that a message of the sender took */
  spend(sender: PeerId, group: Uint8Array, work: number): void {
    const name = mapKey(group)
    const bucket = this.#groups.get(name) ?? this.#full(1)
    this.#groups.set(name, bucket)
    if (equalBytes(sender, group)) {
      this.#take(bucket, 1, work)
      return
    }
    const peerName = nameOf(sender, group)
    const peer = this.#peers.get(peerName) ?? this.#full(peerShare)
    this.#peers.set(peerName, peer)
    // the debt of a peer is its own: one expensive message, or many that run already, must not take the share of its neighbours
    this.#take(bucket, 1, Math.min(work, Math.max(0, this.#left(peer, peerShare))))
    this.#take(peer, peerShare, work)
  }

  #full(share: number): Bucket {
    return { left: share * seconds * this.#perSecond, at: this.#clock() }
  }

  #left({ left, at }: Bucket, share: number): number {
    const now = this.#clock()
    const elapsed = now > at ? Number(now - at) / 1e9 : 0
    return Math.min(share * seconds * this.#perSecond, left + elapsed * share * this.#perSecond)
  }

  #take(bucket: Bucket, share: number, work: number): void {
    bucket.left = this.#left(bucket, share) - work
    bucket.at = this.#clock()
  }
}

/** A peer in a group, as a map key. The length of the group separates both. */
function nameOf(sender: PeerId, group: Uint8Array): string {
  return `${group.length} ${mapKey(group)}${mapKey(sender)}`
}
