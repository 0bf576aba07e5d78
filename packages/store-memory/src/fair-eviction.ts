import { bucketStart, sizeBucket } from '@recordkit/record-store/internal'
import type { Aged } from './age-list.ts'
import { AgeList } from './age-list.ts'
import { growTypedArray } from './grow-typed-array.ts'

/**
 * By slot: its neighbours in the list of its group. Several {@link FairEviction} can share one, as long as each slot belongs
 * to one of them.
 */
export class SlotLinks {
  /** the older and younger slot plus 1; 0 for none */
  older: Int32Array = new Int32Array(64)
  younger: Int32Array = new Int32Array(64)
  readonly shares: (GroupShare | undefined)[] = []

  reserve(slot: number): void {
    if (slot < this.older.length) return
    this.older = growTypedArray(this.older, slot)
    this.younger = growTypedArray(this.younger, slot)
  }
}

/** The slots of one group, oldest first. */
class GroupShare implements Aged {
  older: Aged | undefined = undefined
  younger: Aged | undefined = undefined
  readonly group: string
  /** number of slots */
  size = 0
  bytes = 0
  /** the bucket of its bytes, and the bytes with which it begins and ends */
  bucket = 0
  bucketStart = 0
  bucketEnd = 1
  /** plus 1; 0 for none */
  oldest = 0
  youngest = 0

  constructor(group: string) {
    this.group = group
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

/** How many groups of about the same number of bytes are compared to find the one with the most. */
const comparedGroups = 64

/**
 * Counts the records of each group of senders and selects the next record to evict: the oldest one of the group with the most.
 * A group that floods the store therefore evicts its own records, and nothing that it chooses (keys, sequences, times, order)
 * affects groups with fewer records. Every operation takes constant time.
 */
export class FairEviction {
  readonly #links: SlotLinks
  readonly #shares: Map<string, GroupShare> = new Map()
  /** by size, up to that of the largest share: the shares of this size, the one that has had it longest first */
  readonly #sharesBySize: (AgeList<GroupShare> | undefined)[] = []
  /** by bucket of their bytes: the shares in it */
  readonly #sharesByBytes: (Set<GroupShare> | undefined)[] = []
  #count = 0

  constructor(links: SlotLinks = new SlotLinks()) {
    this.#links = links
  }

  /** Number of slots. */
  get count(): number {
    return this.#count
  }

  /** Number of groups. */
  get groups(): number {
    return this.#shares.size
  }

  /** Number of slots of a group. */
  sizeOf(group: string): number {
    return this.#shares.get(group)?.size ?? 0
  }

  /** The group of a slot; `undefined` when it has none. */
  groupOf(slot: number): string | undefined {
    return this.#links.shares[slot]?.group
  }

  /**
   * The slot to evict next, or -1.
   *
   * @param growing - a group that is about to have one slot more: of groups that are then equally large it is the largest, so
   * that groups with their fair share take nothing from each other
   */
  next(growing?: string): number {
    const largest = this.#sharesBySize[this.#sharesBySize.length - 1]?.oldest
    const share = growing === undefined ? undefined : this.#shares.get(growing)
    const isLargest = share !== undefined && largest !== undefined && share.size + 1 >= largest.size
    return ((isLargest ? share : largest)?.oldest ?? 0) - 1
  }

  /** The slot to evict next where bytes are short, or -1: the oldest one of the group with the most bytes. */
  nextByBytes(growing: string, bytes: number): number {
    let largest: GroupShare | undefined
    let compared = 0
    for (const share of this.#sharesByBytes[this.#sharesByBytes.length - 1] ?? []) {
      if (largest === undefined || share.bytes > largest.bytes) largest = share
      if (++compared === comparedGroups) break
    }
    const share = this.#shares.get(growing)
    const isLargest = share !== undefined && largest !== undefined && share.bytes + bytes >= largest.bytes
    return ((isLargest ? share : largest)?.oldest ?? 0) - 1
  }

  /** The next younger slot of the same group, or -1. */
  younger(slot: number): number {
    return (this.#links.younger[slot] as number) - 1
  }

  add(slot: number, group: string, bytes: number = 0): void {
    let share = this.#shares.get(group)
    if (share === undefined) {
      share = new GroupShare(group)
      this.#shares.set(group, share)
    }
    this.#resize(share, share.size + 1)
    if (bytes > 0) this.#resizeBytes(share, share.bytes + bytes)
    this.#links.reserve(slot)
    share.add(slot, this.#links)
    this.#count++
  }

  /** Removes a slot and returns whether it was present. */
  delete(slot: number, bytes: number = 0): boolean {
    const share = this.#links.shares[slot]
    if (share === undefined) return false
    share.delete(slot, this.#links)
    this.#count--
    this.#resize(share, share.size - 1)
    if (bytes > 0) this.#resizeBytes(share, share.bytes - bytes)
    if (share.size === 0) this.#shares.delete(share.group)
    return true
  }

  /** Changes the bytes of a slot, which keeps its place. */
  resize(slot: number, difference: number): void {
    const share = this.#links.shares[slot]
    if (share !== undefined && difference !== 0) this.#resizeBytes(share, share.bytes + difference)
  }

  /** Changes the size of a share by one. A share that is alone moves with its list: the puts of a single group allocate nothing. */
  #resize(share: GroupShare, size: number): void {
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

  #resizeBytes(share: GroupShare, bytes: number): void {
    const isSame = bytes < share.bucketEnd && bytes >= share.bucketStart
    share.bytes = bytes
    if (isSame) return
    const byBytes = this.#sharesByBytes
    byBytes[share.bucket]?.delete(share)
    share.bucket = sizeBucket(bytes)
    share.bucketStart = bucketStart(share.bucket)
    share.bucketEnd = bucketStart(share.bucket + 1)
    if (bytes > 0) {
      while (byBytes.length < share.bucket) byBytes.push(undefined)
      const shares = byBytes[share.bucket] ?? new Set()
      shares.add(share)
      byBytes[share.bucket] = shares
    }
    while (byBytes.length > 0 && (byBytes[byBytes.length - 1]?.size ?? 0) === 0) byBytes.pop()
  }
}
