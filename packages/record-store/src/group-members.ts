interface Member {
  readonly key: Uint8Array
  readonly since: bigint
}

/** Members by map name, the earliest `since` first. */
interface Run {
  readonly members: Map<string, Member>
  last: bigint
}

/** More runs are sorted into one. */
const maxRuns = 8

/**
 * The members of a group. They come in the order of their times, except when the clock steps back or when they are read from
 * a medium: then a new run begins, so that a clock that stepped back once does not sort all members for each of the next.
 */
export class GroupMembers {
  #runs: Run[] = []
  /** whether the last run is in order; the others are */
  #isSorted = true

  get isEmpty(): boolean {
    return this.#runs.length === 0
  }

  add(name: string, key: Uint8Array, since: bigint): void {
    let run = this.#runs.at(-1)
    if (run !== undefined && since < run.last && this.#runs.length === maxRuns) this.#isSorted = false
    else if (run === undefined || since < run.last) {
      run = { members: new Map(), last: since }
      this.#runs.push(run)
    } else run.last = since
    run.members.set(name, { key, since })
  }

  delete(name: string): void {
    const index = this.#runs.findIndex(({ members }) => members.delete(name))
    if (this.#runs[index]?.members.size === 0) this.#runs.splice(index, 1)
    if (this.#runs.length === 0) this.#isSorted = true
  }

  /** Keys of the members, the earliest `since` first, at most `limit`. */
  oldest(limit: number): Uint8Array[] {
    if (!this.#isSorted) this.#sort()
    const iterators = this.#runs.map(({ members }) => members.values())
    const next = iterators.map((iterator) => iterator.next().value)
    const keys: Uint8Array[] = []
    while (keys.length < limit) {
      let earliest = -1
      for (const [index, member] of next.entries())
        if (member !== undefined && (earliest < 0 || member.since < (next[earliest] as Member).since)) earliest = index
      const member = next[earliest]
      if (member === undefined) break
      keys.push(member.key)
      next[earliest] = iterators[earliest]?.next().value
    }
    return keys
  }

  #sort(): void {
    const sorted = this.#runs
      .flatMap(({ members }) => [...members])
      .sort(([, a], [, b]) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0))
    this.#runs = [{ members: new Map(sorted), last: sorted.at(-1)?.[1].since ?? 0n }]
    this.#isSorted = true
  }
}
