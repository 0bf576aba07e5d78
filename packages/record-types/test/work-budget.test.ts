import { WorkBudget } from '@recordkit/record-types/internal'
import { second } from '@recordkit/testing'
import { expect, test } from 'vitest'

const start = 1_790_000_000_000_000_000n
const group = Uint8Array.of(4, 203, 0, 113)
const peer = (id: number): Uint8Array => Uint8Array.of(0, 1, id)

test('a group may cause ten seconds of refill at once, and then 1 % of a core', () => {
  const time = { now: start }
  const budget = new WorkBudget({ clock: () => time.now })
  budget.spend(peer(1), group, 49_999)
  budget.spend(peer(2), group, 49_999)
  budget.spend(peer(3), group, 1)
  expect(budget.isEmpty(peer(4), group)).toBe(false)
  budget.spend(peer(3), group, 1)
  expect(budget.isEmpty(peer(4), group)).toBe(true)
  expect(budget.isEmpty(peer(4), Uint8Array.of(4, 203, 0, 114))).toBe(false)
  time.now += second
  budget.spend(peer(4), group, 9_999)
  expect(budget.isEmpty(peer(4), group)).toBe(false)
  budget.spend(peer(4), group, 1)
  expect(budget.isEmpty(peer(4), group)).toBe(true)
})

test('one peer may cause half of what its group may, and leaves the rest to the others', () => {
  const time = { now: start }
  const budget = new WorkBudget({ clock: () => time.now })
  budget.spend(peer(1), group, 50_000)
  expect(budget.isEmpty(peer(1), group)).toBe(true)
  expect(budget.isEmpty(peer(2), group)).toBe(false)
  time.now += second / 10n
  expect(budget.isEmpty(peer(1), group)).toBe(false)
})

test('the debt of one peer does not take the share of its neighbours', () => {
  const time = { now: start }
  const budget = new WorkBudget({ clock: () => time.now })
  // one message that is far more expensive than the share, and messages that were running already
  for (let message = 0; message < 20; message++) budget.spend(peer(1), group, 1_000_000)
  expect(budget.isEmpty(peer(1), group)).toBe(true)
  expect(budget.isEmpty(peer(2), group)).toBe(false)
  // many peers together have the budget of one group
  budget.spend(peer(2), group, 1_000_000)
  expect(budget.isEmpty(peer(3), group)).toBe(true)
  time.now += second
  expect(budget.isEmpty(peer(3), group)).toBe(false)
  expect(budget.isEmpty(peer(1), group)).toBe(true)
})

test('a peer that is a group of its own has the whole budget', () => {
  const budget = new WorkBudget({ clock: () => start })
  budget.spend(peer(1), peer(1), 99_999)
  expect(budget.isEmpty(peer(1), peer(1))).toBe(false)
  budget.spend(peer(1), peer(1), 1)
  expect(budget.isEmpty(peer(1), peer(1))).toBe(true)
})

test('a debt is repaid before anything else, and a clock that jumps back refills nothing', () => {
  const time = { now: start }
  const budget = new WorkBudget({ clock: () => time.now })
  budget.spend(peer(1), peer(1), 120_000)
  time.now += 2n * second
  expect(budget.isEmpty(peer(1), peer(1))).toBe(true)
  time.now -= 10n * second
  expect(budget.isEmpty(peer(1), peer(1))).toBe(true)
  time.now += 11n * second
  expect(budget.isEmpty(peer(1), peer(1))).toBe(false)
})

test('only groups that cause work take memory, and their number is bounded', () => {
  const budget = new WorkBudget({ clock: () => start, maxGroups: 2 })
  expect(budget.isEmpty(peer(1), group)).toBe(false)
  expect(budget.size).toBe(0)
  for (let id = 0; id < 5; id++) budget.spend(peer(id), peer(id), 200_000)
  expect(budget.size).toBe(2)
  expect([0, 1, 2, 3, 4].map((id) => budget.isEmpty(peer(id), peer(id)))).toEqual([false, false, false, true, true])
})

test('the number of peers is bounded in all groups together, and a peer that is removed is limited by its group', () => {
  const budget = new WorkBudget({ clock: () => start, maxGroups: 2 })
  for (let id = 0; id < 3; id++) budget.spend(peer(id), Uint8Array.of(4, 203, 0, id >> 1), 50_000)
  expect([0, 1, 2].map((id) => budget.isEmpty(peer(id), Uint8Array.of(4, 203, 0, id >> 1)))).toEqual([true, true, true])
  // the first peer was removed: its share is full again, and that of its group is empty
  budget.spend(peer(0), group, 50_000)
  expect(budget.size).toBe(2)
})

test('a peer that moves to another group has the share of a peer there', () => {
  const budget = new WorkBudget({ clock: () => start })
  budget.spend(peer(1), group, 50_000)
  expect(budget.isEmpty(peer(1), group)).toBe(true)
  expect(budget.isEmpty(peer(1), Uint8Array.of(4, 203, 0, 114))).toBe(false)
})
