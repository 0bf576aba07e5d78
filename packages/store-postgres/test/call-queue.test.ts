import { expect, test } from 'vitest'
import { CallQueue } from '../src/call-queue.ts'

/** A queue of numbers whose groups end when they are told to. */
function manualQueue(
  lanes: number,
  size: number
): { queue: CallQueue<number, number>; groups: number[][]; end: () => void } {
  const groups: number[][] = []
  const ends: (() => void)[] = []
  const run = async (items: readonly number[]): Promise<number[]> => {
    groups.push([...items])
    await new Promise<void>((resolve) => void ends.push(resolve))
    if (items.includes(13)) throw new Error('13')
    return items.map((item) => item * 2)
  }
  const newGroup = (): (() => boolean) => {
    let count = 0
    return () => count++ < size
  }
  return { queue: new CallQueue(run, lanes, newGroup), groups, end: () => ends.shift()?.() }
}

async function flush(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

test('calls of one turn form one group, and later ones wait for a free lane and form the next', async () => {
  const { queue, groups, end } = manualQueue(1, 100)
  const first = [1, 2].map((item) => queue.add(item))
  await flush()
  const later = [3, 4, 5].map((item) => queue.add(item))
  await flush()
  expect(groups).toEqual([[1, 2]])
  end()
  expect(await Promise.all(first)).toEqual([2, 4])
  await flush()
  expect(groups).toEqual([
    [1, 2],
    [3, 4, 5]
  ])
  end()
  expect(await Promise.all(later)).toEqual([6, 8, 10])
})

test('calls that do not fit into a group run in another lane', async () => {
  const { queue, groups, end } = manualQueue(2, 2)
  const calls = [1, 2, 3, 4, 5].map((item) => queue.add(item))
  await flush()
  expect(groups).toEqual([
    [1, 2],
    [3, 4]
  ])
  for (let group = 0; group < 3; group++) {
    end()
    await flush()
  }
  expect(await Promise.all(calls)).toEqual([2, 4, 6, 8, 10])
})

test('an error rejects the calls of its group only', async () => {
  const { queue, end } = manualQueue(1, 1)
  const calls = [13, 1].map((item) => queue.add(item))
  const settled = Promise.allSettled(calls)
  for (let group = 0; group < 2; group++) {
    await flush()
    end()
  }
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
})
