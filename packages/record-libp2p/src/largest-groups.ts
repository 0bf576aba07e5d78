/** Names in groups. The oldest of the largest group is found in constant time. */
export class LargestGroups {
  readonly #groupOf = new Map<string, string>()
  /** the names of each group, the oldest first */
  readonly #groups = new Map<string, Set<string>>()
  /** the groups of each size, the one that reached it longest ago first */
  readonly #bySize = new Map<number, Set<string>>()
  #largest = 0

  get size(): number {
    return this.#groupOf.size
  }

  /** Adds a name as the youngest of its group. */
  add(name: string, group: string): void {
    this.delete(name)
    this.#groupOf.set(name, group)
    const names = this.#groups.get(group) ?? new Set()
    this.#groups.set(group, names.add(name))
    this.#move(group, names.size - 1, names.size)
  }

  delete(name: string): void {
    const group = this.#groupOf.get(name)
    const names = group === undefined ? undefined : this.#groups.get(group)
    if (group === undefined || names === undefined) return
    this.#groupOf.delete(name)
    names.delete(name)
    if (names.size === 0) this.#groups.delete(group)
    this.#move(group, names.size + 1, names.size)
  }

  /** Removes the oldest name of the largest group. @returns the name, which is empty when there is none */
  removeOldest(): string {
    const [group = ''] = this.#bySize.get(this.#largest) ?? []
    const [name = ''] = this.#groups.get(group) ?? []
    this.delete(name)
    return name
  }

  #move(group: string, from: number, to: number): void {
    const before = this.#bySize.get(from)
    before?.delete(group)
    if (before?.size === 0) this.#bySize.delete(from)
    if (to > 0) this.#bySize.set(to, (this.#bySize.get(to) ?? new Set()).add(group))
    // one group changes by one: when none is left of the largest size, the next smaller one is the largest
    if (to > this.#largest || !this.#bySize.has(this.#largest)) this.#largest = to
  }
}
