import type { Aged } from './age-list.ts'
import { AgeList } from './age-list.ts'
import { growTypedArray } from './grow-typed-array.ts'

/** Where each slot stands in the share of whoever sent it. Several {@link FairEviction} may use one, for slots of their own. */
export class Places {
  /** the slots before and after, plus 1; 0 for none */
  older: Int32Array = new Int32Array(64)
  younger: Int32Array = new Int32Array(64)
  readonly shares: (Share | undefined)[] = []

  reserve(slot: number): void {
    if (slot < this.older.length) return
    this.older = growTypedArray(this.older, slot)
    this.younger = growTypedArray(this.younger, slot)
  }
}

/** The slots of one sender, oldest first. */
class Share implements Aged {
  older: Aged | undefined = undefined
  younger: Aged | undefined = undefined
  readonly sender: string
  /** how many there are */
  size = 0
  /** plus 1; 0 for none */
  oldest = 0
  youngest = 0

  constructor(sender: string) {
    this.sender = sender
  }

  add(slot: number, { older, younger, shares }: Places): void {
    shares[slot] = this
    older[slot] = this.youngest
    younger[slot] = 0
    if (this.youngest === 0) this.oldest = slot + 1
    else younger[this.youngest - 1] = slot + 1
    this.youngest = slot + 1
  }

  delete(slot: number, { older, younger, shares }: Places): void {
    shares[slot] = undefined
    const [before, after] = [older[slot] as number, younger[slot] as number]
    if (before === 0) this.oldest = after
    else younger[before - 1] = after
    if (after === 0) this.youngest = before
    else older[after - 1] = before
  }
}

/**
 * Who has sent how much, and whose turn it is to lose a record: the oldest of the sender that has the most. A sender
 * that floods the store thereby evicts what it sent itself, and nothing that it can choose (keys, sequences, times,
 * order) turns that to anyone who has sent less. Every step takes constant time.
 */
export class FairEviction {
  readonly #places: Places
  readonly #shares: Map<string, Share> = new Map()
  /** by size, up to that of the largest: the shares of this size, whichever has had it for longest first */
  readonly #levels: (AgeList<Share> | undefined)[] = []
  #count = 0

  constructor(places: Places = new Places()) {
    this.#places = places
  }

  /** records that take part */
  get count(): number {
    return this.#count
  }

  /** The slot that goes next, or -1. */
  get next(): number {
    return (this.#levels[this.#levels.length - 1]?.oldest?.oldest ?? 0) - 1
  }

  add(slot: number, sender: string): void {
    let share = this.#shares.get(sender)
    if (share === undefined) {
      share = new Share(sender)
      this.#shares.set(sender, share)
    }
    this.#move(share, share.size + 1)
    this.#places.reserve(slot)
    share.add(slot, this.#places)
    this.#count++
  }

  /** Takes a slot out; answers whether it was in. */
  delete(slot: number): boolean {
    const share = this.#places.shares[slot]
    if (share === undefined) return false
    share.delete(slot, this.#places)
    this.#count--
    this.#move(share, share.size - 1)
    if (share.size === 0) this.#shares.delete(share.sender)
    return true
  }

  /** Moves a share by one level. One that is alone takes its level along: a single sender's puts allocate nothing. */
  #move(share: Share, size: number): void {
    const levels = this.#levels
    const from = levels[share.size]
    const alone = from?.oldest === share && share.younger === undefined
    if (alone) levels[share.size] = undefined
    if (alone && size > 0 && levels[size] === undefined) {
      levels[size] = from
    } else {
      from?.delete(share)
      if (size > 0) (levels[size] ??= new AgeList()).add(share)
    }
    share.size = size
    // sizes change by one: where the largest level has become empty, the one below is the largest
    if (levels[levels.length - 1] === undefined) levels.pop()
  }
}
