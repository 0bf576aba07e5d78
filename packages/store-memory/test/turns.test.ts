import { systemClock } from '@recordkit/record-types'
import { turns } from '@recordkit/record-types/internal'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { afterEach, expect, test, vi } from 'vitest'
import { publicationOf, record } from './records.ts'

afterEach(() => vi.restoreAllMocks())

let now = performance.now()

/** A millisecond passes with every look at the clock: at most five of them fit into a turn. Counts the turns. */
function slowTime(): { readonly turns: number } {
  let count = 0
  vi.spyOn(turns, 'now').mockImplementation(() => now++)
  const nextTurn = turns.nextTurn.bind(turns)
  vi.spyOn(turns, 'nextTurn').mockImplementation((run) => {
    count++
    nextTurn(run)
  })
  return {
    get turns() {
      return count
    }
  }
}

const far = systemClock() + 10n ** 18n
const name = (number: number): string => `/${String((number * 389) % 5000).padStart(5, '0')}`

async function filled(count: number, expires = far): Promise<MemoryRecordStore> {
  const store = new MemoryRecordStore()
  for (let number = 0; number < count; number++) await store.put(record(name(number), { expires }))
  return store
}

test('an iteration returns at most five records in a turn of the event loop', async () => {
  const store = await filled(100)
  const time = slowTime()
  await new Promise((resolve) => setTimeout(resolve, 0))
  const keys: Uint8Array[] = []
  for await (const { key } of store.iterate()) keys.push(key)
  expect(keys).toHaveLength(100)
  expect(time.turns).toBeGreaterThanOrEqual(20)
})

test('the first iteration sorts the records in pieces of several turns', async () => {
  const store = await filled(5000)
  const time = slowTime()
  const { value } = await store.iterate().next()
  expect(new TextDecoder().decode(value?.key)).toBe('/00000')
  // pieces of 512
  expect(time.turns).toBeGreaterThanOrEqual(2)
})

test('records that are put while the first iteration sorts are returned by it', async () => {
  const store = await filled(5000)
  slowTime()
  const keys = new Set<string>()
  const iteration = store.iterate({ limit: 10_000 })
  const first = iteration.next()
  for (let number = 0; number < 600; number++) await store.put(record(`/new${number}`, { expires: far }))
  await store.delete(new TextEncoder().encode('/00001'))
  keys.add(new TextDecoder().decode((await first).value?.key))
  for await (const { key } of iteration) keys.add(new TextDecoder().decode(key))
  expect(keys.size).toBe(5599)
  expect(keys.has('/new599')).toBe(true)
  expect(keys.has('/00001')).toBe(false)
})

test('concurrent steps of an iteration that waits for a turn return the records in their order', async () => {
  const store = await filled(2000)
  slowTime()
  const iteration = store.iterate()
  const steps = await Promise.all(Array.from({ length: 40 }, () => iteration.next()))
  const keys = steps.map(({ value }) => new TextDecoder().decode(value?.key))
  expect(keys).toEqual(keys.toSorted())
  expect(keys[0]).toBe('/00000')
})

test('many first iterations that start together all end', async () => {
  const store = await filled(1500)
  slowTime()
  const first = await Promise.all(Array.from({ length: 20 }, () => store.iterate({ limit: 1 }).next()))
  expect(first.map(({ value }) => new TextDecoder().decode(value?.key))).toEqual(
    Array.from({ length: 20 }, () => '/00000')
  )
})

test('an iteration that waits for a turn ends with the reason of its signal, and with the error of a closed store', async () => {
  const store = await filled(3000)
  slowTime()
  const controller = new AbortController()
  const [aborted, closed] = [store.iterate({}, { signal: controller.signal }).next(), store.iterate().next()]
  controller.abort(new Error('enough'))
  const closing = store.close()
  await expect(aborted).rejects.toThrow('enough')
  await closing
  await expect(closed).rejects.toMatchObject({ code: 'STORE_CLOSED' })
})

test('a sweep removes at most a few hundred records in one piece', async () => {
  const store = await filled(3000, 5n)
  const time = slowTime()
  await new Promise((resolve) => setTimeout(resolve, 0))
  expect(await store.sweep({ limit: 2000 })).toBe(2000)
  expect(time.turns).toBeGreaterThanOrEqual(2)
  expect(await store.sweep()).toBe(1000)
  expect(await store.stats()).toMatchObject({ entries: 0, marks: 3000 })
})

test('the publications of a store are returned in order after any changes', async () => {
  const store = new MemoryRecordStore()
  const put = async (number: number): Promise<unknown> => {
    const published = record(name(number), { expires: far })
    return store.put(published, publicationOf(published.key))
  }
  const listed = async (query = {}): Promise<string[]> => {
    const names: string[] = []
    for await (const { key } of store.publications(query)) names.push(new TextDecoder().decode(key))
    return names
  }
  for (let number = 0; number < 1500; number++) await put(number)
  const expected = Array.from({ length: 1500 }, (_, number) => name(number)).toSorted()
  expect(await listed()).toEqual(expected)
  const key = new TextEncoder().encode(name(7))
  await store.touch(key, { publication: null })
  await store.touch(key, { publication: { key, network: false } })
  await store.touch(new TextEncoder().encode(name(8)), { publication: null })
  const left = expected.filter((one) => one !== name(8))
  expect(await listed()).toEqual(left)
  expect(await listed({ reverse: true, limit: 3 })).toEqual(left.toReversed().slice(0, 3))
  const start = new TextEncoder().encode(left[700])
  expect(await listed({ start, limit: 2 })).toEqual(left.slice(700, 702))
})
