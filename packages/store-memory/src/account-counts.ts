/** Counts records by the name of an account. A count of 0 takes no memory. */
export class AccountCounts {
  readonly #counts = new Map<string, number>()

  get(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  change(name: string, difference: 1 | -1): void {
    const count = this.get(name) + difference
    if (count > 0) this.#counts.set(name, count)
    else this.#counts.delete(name)
  }
}
