import type { Aged } from './age-list.ts'
import { AgeList } from './age-list.ts'
import { growTypedArray } from './grow-typed-array.ts'

/**
 * By slot: its neighbours in the list of its sender. Several {@link FairEviction} can share one, as long as each slot belongs
 * to one of them.
 */
export class SlotLinks {
  /** the older and younger slot plus 1; 0 for none */
  older: Int32Array = new Int32Array(64)
  younger: Int32Array = new Int32Array(64)
  readonly shares: (SenderShare | undefined)[] = []

  reserve(slot: number): void {
    if (slot < this.older.length) return
    this.older = growTypedArray(this.older, slot)
    this.younger = growTypedArray(this.younger, slot)
  }
}

/** The slots of one sender, oldest first. */
class SenderShare implements Aged {
  older: Aged | undefined = undefined
  younger: Aged | undefined = undefined
  readonly sender: string
  /** number of slots */
  size = 0
  /** plus 1; 0 for none */
  oldest = 0
  youngest = 0

  constructor(sender: string) {
    this.sender = sender
  }

  add(slot: number, { older, younger, shares }: SlotLinks): void {
    shares[slot] = this
    older[slot] = this.youngest
    younger[slot] = 0
    if (this.youngest === 0) this.oldest = slot + 1
    else younger[this.youngest - 1] = slot + 1
    this.youngest = slot + 1
  }

  delete(slot: number, { older, younger, shares }: SlotLinks): void {
    shares[slot] = undefined
    const [before, after] = [older[slot] as number, younger[slot] as number]
    if (before === 0) this.oldest = after
    else younger[before - 1] = after
    if (after === 0) this.youngest = before
    else older[after - 1] = before
  }
}

/**
 * Counts the records of each sender and selects the next record to evict: the oldest one of the sender with the most records.
 * A sender that floods the store therefore evicts its own records, and nothing that it chooses (keys, sequences, times,
 * order) affects senders with fewer records. Every operation takes constant time.
 */
export class FairEviction {
  readonly #links: SlotLinks
  readonly #shares: Map<string, SenderShare> = new Map()
  /** by size, up to that of the largest share: the shares of this size, the one that has had it longest first */
  readonly #sharesBySize: (AgeList<SenderShare> | undefined)[] = []
  #count = 0

  constructor(links: SlotLinks = new SlotLinks()) {
    this.#links = links
  }

  /** Number of slots. */
  get count(): number {
    return this.#count
  }

  /** The slot to evict next, or -1. */
  get next(): number {
    return (this.#sharesBySize[this.#sharesBySize.length - 1]?.oldest?.oldest ?? 0) - 1
  }

  add(slot: number, sender: string): void {
    let share = this.#shares.get(sender)
    if (share === undefined) {
      share = new SenderShare(sender)
      this.#shares.set(sender, share)
    }
    this.#resize(share, share.size + 1)
    this.#links.reserve(slot)
    share.add(slot, this.#links)
    this.#count++
  }

  /** Removes a slot and returns whether it was present. */
  delete(slot: number): boolean {
    const share = this.#links.shares[slot]
    if (share === undefined) return false
    share.delete(slot, this.#links)
    this.#count--
    this.#resize(share, share.size - 1)
    if (share.size === 0) this.#shares.delete(share.sender)
    return true
  }

  /** Changes the size of a share by one. A share that is alone moves with its list: the puts of a single sender allocate nothing. */
  #resize(share: SenderShare, size: number): void {
    const bySize = this.#sharesBySize
    const from = bySize[share.size]
    const alone = from?.oldest === share && share.younger === undefined
    if (alone) bySize[share.size] = undefined
    if (alone && size > 0 && bySize[size] === undefined) {
      bySize[size] = from
    } else {
      from?.delete(share)
      if (size > 0) (bySize[size] ??= new AgeList()).add(share)
    }
    share.size = size
    // sizes change by one: when no share has the largest size any longer, the largest is one less
    if (bySize[bySize.length - 1] === undefined) bySize.pop()
  }
}
