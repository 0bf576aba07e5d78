import type { Aged } from './age-list.ts'
import { AgeList } from './age-list.ts'

/** One record's place in the share of whoever sent it. */
export class Place<Entry> implements Aged {
  older: Aged | undefined = undefined
  younger: Aged | undefined = undefined
  readonly entry: Entry
  readonly share: Share<Entry>

  constructor(entry: Entry, share: Share<Entry>) {
    this.entry = entry
    this.share = share
  }
}

/** The records of one sender, oldest first. */
class Share<Entry> implements Aged {
  older: Aged | undefined = undefined
  younger: Aged | undefined = undefined
  readonly sender: string
  readonly places: AgeList<Place<Entry>> = new AgeList()
  level: Level<Entry>

  constructor(sender: string, level: Level<Entry>) {
    this.sender = sender
    this.level = level
  }
}

/** The senders that have equally many records, whoever has had that many for longest first. */
class Level<Entry> {
  smaller: Level<Entry> | undefined
  larger: Level<Entry> | undefined
  readonly shares: AgeList<Share<Entry>> = new AgeList()
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
export class FairShares<Entry> {
  readonly #shares: Map<string, Share<Entry>> = new Map()
  /** the level of size 0 is empty and stands first always */
  readonly #smallest: Level<Entry> = new Level(0)
  #largest: Level<Entry> = this.#smallest
  #count = 0

  /** records that take part */
  get count(): number {
    return this.#count
  }

  sizeOf(sender: string): number {
    return this.#shares.get(sender)?.level.size ?? 0
  }

  /** The record that goes next. */
  get next(): Entry | undefined {
    return this.#largest.shares.oldest?.places.oldest?.entry
  }

  add(entry: Entry, sender: string): Place<Entry> {
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
    const place = new Place(entry, share)
    share.places.add(place)
    this.#count++
    return place
  }

  delete(place: Place<Entry>): void {
    const { share } = place
    const { level } = share
    share.places.delete(place)
    this.#count--
    if (level.size === 1) {
      this.#leave(share)
      this.#shares.delete(share.sender)
    } else if (level.count === 1 && level.smaller?.size !== level.size - 1) {
      level.size--
    } else {
      const below = level.smaller as Level<Entry>
      this.#move(share, below.size === level.size - 1 ? below : this.#insertAfter(below, level.size - 1))
    }
  }

  #move(share: Share<Entry>, to: Level<Entry>): void {
    const from = share.level
    from.shares.delete(share)
    this.#enter(share, to)
    from.count--
    this.#drop(from)
  }

  #enter(share: Share<Entry>, level: Level<Entry>): void {
    share.level = level
    level.shares.add(share)
    level.count++
  }

  #leave(share: Share<Entry>): void {
    const { level } = share
    level.shares.delete(share)
    level.count--
    this.#drop(level)
  }

  #levelAbove(level: Level<Entry>): Level<Entry> {
    const size = level.size + 1
    return level.larger?.size === size ? level.larger : this.#insertAfter(level, size)
  }

  #insertAfter(smaller: Level<Entry>, size: number): Level<Entry> {
    const level = new Level<Entry>(size)
    level.smaller = smaller
    level.larger = smaller.larger
    if (smaller.larger === undefined) this.#largest = level
    else smaller.larger.smaller = level
    smaller.larger = level
    return level
  }

  #drop(level: Level<Entry>): void {
    if (level.count > 0) return
    const smaller = level.smaller as Level<Entry>
    smaller.larger = level.larger
    if (level.larger === undefined) this.#largest = smaller
    else level.larger.smaller = smaller
  }
}
