import type { Aged } from './age-list.ts'
import { AgeList } from './age-list.ts'
import { grown } from './grown.ts'

/** Where each slot stands in the share of whoever sent it. Several {@link FairShares} may use one, for slots of their own. */
export class Places {
  /** the slots before and after, plus 1; 0 for none */
  older: Int32Array = new Int32Array(64)
  younger: Int32Array = new Int32Array(64)
  readonly shares: (Share | undefined)[] = []

  reserve(slot: number): void {
    if (slot < this.older.length) return
    this.older = grown(this.older, slot)
    this.younger = grown(this.younger, slot)
  }
}

/** The slots of one sender, oldest first. */
class Share implements Aged {
  older: Aged | undefined = undefined
  younger: Aged | undefined = undefined
  readonly sender: string
  level: Level
  /** plus 1; 0 for none */
  oldest = 0
  youngest = 0

  constructor(sender: string, level: Level) {
    this.sender = sender
    this.level = level
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

/** The senders that have equally many records, whoever has had that many for longest first. */
class Level {
  smaller: Level | undefined
  larger: Level | undefined
  readonly shares: AgeList<Share> = new AgeList()
  count = 0
  size: number

  constructor(size: number) {
    this.size = size
  }
}

/**
 * Who has sent how much, and whose turn it is to lose a record: the oldest of the sender that has the most. A sender
 * that floods the store thereby evicts what it sent itself, and nothing that it can choose (keys, sequences, times,
 * order) turns that to anyone who has sent less. Every step takes constant time.
 */
export class FairShares {
  readonly #places: Places
  readonly #shares: Map<string, Share> = new Map()
  /** the level of size 0 is empty and stands first always */
  readonly #smallest: Level = new Level(0)
  #largest: Level = this.#smallest
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
    return (this.#largest.shares.oldest?.oldest ?? 0) - 1
  }

  add(slot: number, sender: string): void {
    let share = this.#shares.get(sender)
    if (share === undefined) {
      share = new Share(sender, this.#smallest)
      this.#shares.set(sender, share)
      this.#enter(share, this.#levelAbove(this.#smallest))
    } else {
      const { level } = share
      if (level.count === 1 && level.larger?.size !== level.size + 1) level.size++
      else this.#move(share, this.#levelAbove(level))
    }
    this.#places.reserve(slot)
    share.add(slot, this.#places)
    this.#count++
  }

  /** Takes a slot out; answers whether it was in. */
  delete(slot: number): boolean {
    const share = this.#places.shares[slot]
    if (share === undefined) return false
    const { level } = share
    share.delete(slot, this.#places)
    this.#count--
    if (level.size === 1) {
      this.#leave(share)
      this.#shares.delete(share.sender)
    } else if (level.count === 1 && level.smaller?.size !== level.size - 1) {
      level.size--
    } else {
      const below = level.smaller as Level
      this.#move(share, below.size === level.size - 1 ? below : this.#insertAfter(below, level.size - 1))
    }
    return true
  }

  #move(share: Share, to: Level): void {
    const from = share.level
    from.shares.delete(share)
    this.#enter(share, to)
    from.count--
    this.#drop(from)
  }

  #enter(share: Share, level: Level): void {
    share.level = level
    level.shares.add(share)
    level.count++
  }

  #leave(share: Share): void {
    const { level } = share
    level.shares.delete(share)
    level.count--
    this.#drop(level)
  }

  #levelAbove(level: Level): Level {
    const size = level.size + 1
    return level.larger?.size === size ? level.larger : this.#insertAfter(level, size)
  }

  #insertAfter(smaller: Level, size: number): Level {
    const level = new Level(size)
    level.smaller = smaller
    level.larger = smaller.larger
    if (smaller.larger === undefined) this.#largest = level
    else smaller.larger.smaller = level
    smaller.larger = level
    return level
  }

  #drop(level: Level): void {
    if (level.count > 0) return
    const smaller = level.smaller as Level
    smaller.larger = level.larger
    if (level.larger === undefined) this.#largest = smaller
    else level.larger.smaller = smaller
  }
}
