import { membersOf } from '@recordkit/record-types/internal'
import { expect, test } from 'vitest'

class Base {
  readonly kind: string = 'base'
  greet(): string {
    return `hello from ${this.kind}`
  }
}

class Derived extends Base {
  readonly #secret = 7
  override readonly kind = 'derived'
  reveal(): number {
    return this.#secret
  }
  get double(): number {
    return this.#secret * 2
  }
}

test('members of a class and its base class are copied, and methods keep their this', () => {
  const copy = Object.assign({}, membersOf(new Derived()))
  expect([copy.greet(), copy.reveal(), copy.double, copy.kind]).toEqual(['hello from derived', 7, 14, 'derived'])
})

test('members of a plain object are copied, and those of all objects are not', () => {
  const members = membersOf({ one: 1, two: undefined })
  expect(Object.keys(members)).toEqual(['one', 'two'])
  expect(Object.hasOwn(membersOf(new Base()), 'constructor')).toBe(false)
})
