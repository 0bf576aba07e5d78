import { sortedInsert } from './sorted-insert.ts'

/** peers that a record is copied to, and that one peer names */
export const closestCount = 20
/** of the closest peers, those that must have answered before a record is sent to any */
const answersNeeded = 16

/** A peer that a walk heard of. */
export interface Contact<Peer> {
  readonly peer: Peer
  /** the `mapKey` of its ID */
  readonly name: string
  readonly id: number
  /** from the key of the walk */
  readonly distance: number
}

interface Known<Peer> extends Contact<Peer> {
  status: 'heard' | 'reserved' | 'asked' | 'answered' | 'failed'
  /** ns; when it was asked */
  asked: bigint
}

/**
 * The state of a walk to the peers that are closest to a key. Peers that were named count as heard of, so that nothing is sent to
 * farther ones before these had their time to answer.
 */
export class ClosestPeers<Peer> {
  readonly #known = new Map<string, Known<Peer>>()
  /** the same, the closest first */
  readonly #sorted: Known<Peer>[] = []
  /** ms that answers took, in order */
  readonly #times: number[] = []

  has(name: string): boolean {
    return this.#known.has(name)
  }

  distanceOf(name: string): number | undefined {
    return this.#known.get(name)?.distance
  }

  /** Adds a peer that another one named. */
  heard(contact: Contact<Peer>): void {
    if (this.has(contact.name)) return
    const known: Known<Peer> = { ...contact, status: 'heard', asked: 0n }
    this.#known.set(contact.name, known)
    sortedInsert(this.#sorted, known, ({ distance }) => distance)
  }

  /** A peer of the routing table is not asked, unless others turn out to be closer. Until then it counts as one that answered. */
  reserved(name: string): void {
    const known = this.#known.get(name)
    if (known?.status === 'heard') known.status = 'reserved'
  }

  /** @param now - ns */
  asked(name: string, now: bigint): void {
    const known = this.#known.get(name)
    if (known?.status !== 'heard' && known?.status !== 'reserved') return
    known.status = 'asked'
    known.asked = now
  }

  /** Returns whether the peer is one of the 20 closest that answered. @param now - ns */
  answered(name: string, now: bigint): boolean {
    const known = this.#known.get(name)
    if (known === undefined || known.status === 'answered') return false
    if (known.status === 'asked')
      sortedInsert(this.#times, Math.max(0, Number(now - known.asked) / 1e6), (time) => time)
    known.status = 'answered'
    return this.closestAnswered.includes(known)
  }

  failed(name: string): void {
    const known = this.#known.get(name)
    if (known !== undefined && known.status !== 'answered') known.status = 'failed'
  }

  /** ms that half of the answers took at most; 0 without an answer */
  get medianTime(): number {
    return this.#times[this.#times.length >>> 1] ?? 0
  }

  /** Whether the 20 closest peers that answered are all there are: otherwise failures may have left out others. */
  get isComplete(): boolean {
    return this.closestAnswered.length === closestCount || this.#sorted.every(hasAnswered)
  }

  /** The 20 closest of those that have not failed. */
  get closest(): readonly Contact<Peer>[] {
    return this.#first(({ status }) => status !== 'failed')
  }

  /** The 20 closest of those that answered. */
  get closestAnswered(): readonly Contact<Peer>[] {
    return this.#first(hasAnswered)
  }

  /** Those of the 20 closest that answered, once 16 have, or all when there are fewer; before that, none. */
  get ready(): readonly Contact<Peer>[] {
    const closest = this.#first(({ status }) => status !== 'failed')
    const answered = closest.filter(hasAnswered)
    return answered.length >= Math.min(answersNeeded, closest.length) ? answered : []
  }

  #first(isIncluded: (known: Known<Peer>) => boolean): Known<Peer>[] {
    const first: Known<Peer>[] = []
    for (const known of this.#sorted) {
      if (isIncluded(known)) first.push(known)
      if (first.length === closestCount) break
    }
    return first
  }
}

function hasAnswered({ status }: { readonly status: string }): boolean {
  return status === 'answered' || status === 'reserved'
}
