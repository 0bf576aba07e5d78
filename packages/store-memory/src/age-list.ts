/** An item of an {@link AgeList}. */
export interface Aged {
  older: Aged | undefined
  younger: Aged | undefined
}

/** A linked list of items in the order of their addition. Any item can be removed in constant time. */
export class AgeList<Item extends Aged> {
  #oldest: Aged | undefined
  #youngest: Aged | undefined

  get oldest(): Item | undefined {
    return this.#oldest as Item | undefined
  }

  add(item: Item): void {
    item.older = this.#youngest
    item.younger = undefined
    if (this.#youngest === undefined) this.#oldest = item
    else this.#youngest.younger = item
    this.#youngest = item
  }

  delete(item: Item): void {
    const { older, younger } = item
    if (older === undefined) this.#oldest = younger
    else older.younger = younger
    if (younger === undefined) this.#youngest = older
    else younger.older = older
    item.older = undefined
    item.younger = undefined
  }
}
