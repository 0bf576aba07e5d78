import type { RecordStore, StoredRecord, StoreQuery } from '@recordkit/record-store'
import { check, collect, rejects, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, manyEntries, must, publicationOf, record, text } from './store-case.ts'

async function fill(store: RecordStore, keys: readonly string[]): Promise<void> {
  // not in order, so that a store has to sort
  for (const key of [...keys.filter((_, index) => index % 2 === 1), ...keys.filter((_, index) => index % 2 === 0)]) {
    await store.put(record(key, `value of ${key}`, 1))
  }
}

/** The keys of an iteration as text. */
async function names(store: RecordStore, query?: StoreQuery): Promise<string[]> {
  return (await collect(store.iterate(query))).map(({ key }) => new TextDecoder().decode(key))
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `/k/${String(index).padStart(3, '0')}`)
}

/** Iterations: order, bounds, and concurrent writes. */
export const iterateCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must('iterate/order', 'iterates in byte order of the keys', async ({ open }) => {
    const store = await open()
    const keys = [[0], [0, 0], [0, 1], [1], [47], [47, 0], [47, 97], [47, 97, 0], [128], [255], [255, 0], [255, 255]]
    for (const key of [...keys].reverse()) await store.put(record(Uint8Array.from(key), 'v', 1))
    same(
      (await collect(store.iterate())).map(({ key }) => [...key]),
      keys,
      'keys'
    )
    same(
      (await collect(store.iterate({ reverse: true }))).map(({ key }) => [...key]),
      [...keys].reverse(),
      'in reverse'
    )
  }),
  must('iterate/prefix', 'iterates over the keys with a prefix', async ({ open }) => {
    const store = await open()
    await fill(store, ['/a', '/a/', '/a/1', '/a/2', '/a0', '/b/1', 'a/'])
    same(await names(store, { prefix: text('/a/') }), ['/a/', '/a/1', '/a/2'], 'by prefix')
    same(await names(store, { prefix: text('/a/'), reverse: true }), ['/a/2', '/a/1', '/a/'], 'in reverse')
    same(await names(store, { prefix: text('/c') }), [], 'an unused prefix')
    same((await names(store, { prefix: new Uint8Array(0) })).length, 7, 'an empty prefix')
  }),
  must('iterate/prefix-0xff', 'iterates over the keys with a prefix that ends in 0xff', async ({ open }) => {
    const store = await open()
    const keys = [[254, 255], [255], [255, 0], [255, 255], [255, 255, 1]]
    for (const key of keys) await store.put(record(Uint8Array.from(key), 'v', 1))
    const found = async (prefix: number[]): Promise<number[][]> =>
      (await collect(store.iterate({ prefix: Uint8Array.from(prefix) }))).map(({ key }) => [...key])
    same(await found([255]), keys.slice(1), 'prefix ff')
    same(await found([255, 255]), keys.slice(3), 'prefix ffff')
    same(await found([254, 255]), keys.slice(0, 1), 'prefix feff')
    same(await found([254]), keys.slice(0, 1), 'prefix fe')
  }),
  must('iterate/range', 'iterates from start (inclusive) to end (exclusive)', async ({ open }) => {
    const store = await open()
    await fill(store, ['/a', '/b', '/c', '/d'])
    same(await names(store, { start: text('/b'), end: text('/d') }), ['/b', '/c'], 'forwards')
    same(await names(store, { start: text('/b'), end: text('/d'), reverse: true }), ['/c', '/b'], 'in reverse')
    same(await names(store, { start: text('/b0') }), ['/c', '/d'], 'from a missing start')
    same(await names(store, { start: text('/c'), end: text('/b') }), [], 'an empty range')
    same(await names(store, { prefix: text('/'), start: text('/c') }), ['/c', '/d'], 'prefix and start')
  }),
  must('iterate/limit', 'stops at the limit and does not count expired records', async ({ open, clock }) => {
    const store = await open()
    await fill(store, ['/b', '/d', '/e'])
    for (const key of ['/a', '/c']) await store.put(record(key, 'v', 1, { expires: clock.now + 1n }))
    clock.now += 2n
    same(await names(store, { limit: 2 }), ['/b', '/d'], 'limit 2')
    same(await names(store, { limit: 2, reverse: true }), ['/e', '/d'], 'limit 2 in reverse')
    same(await names(store, { limit: 0 }), [], 'limit 0')
    same((await names(store, { limit: 100 })).length, 3, 'limit 100')
  }),
  must('iterate/expired', 'returns expired records that were not swept yet on request', async ({ open, clock }) => {
    const store = await open()
    await fill(store, ['/b'])
    for (const key of ['/a', '/c']) await store.put(record(key, 'v', 1, { expires: clock.now + 1n }))
    clock.now += 2n
    same(await names(store, { expired: true }), ['/a', '/b', '/c'], 'with expired records')
    same(await names(store, { expired: true, limit: 2, reverse: true }), ['/c', '/b'], 'limit 2 in reverse')
    same(await names(store, { expired: false }), ['/b'], 'without expired records')
    await store.sweep()
    same(await names(store, { expired: true }), ['/b'], 'after a sweep')
  }),
  must('iterate/pages', 'continues after the last key of a page, in both directions', async ({ open }) => {
    const store = await open()
    const keys = numbered(25)
    await fill(store, [...keys, '/z'])
    for (const reverse of [false, true]) {
      const seen: string[] = []
      let after: Uint8Array | undefined
      for (let pages = 0; pages < 10; pages++) {
        const query = { prefix: text('/k/'), limit: 4, reverse, after }
        const page: StoredRecord[] = await collect(store.iterate(query))
        seen.push(...page.map(({ key }) => new TextDecoder().decode(key)))
        if (page.length < 4) break
        after = page[3]?.key
      }
      same(seen, reverse ? [...keys].reverse() : keys, `pages${reverse ? ' in reverse' : ''}`)
    }
    same(await names(store, { after: text('/k/0235') }), ['/k/024', '/z'], 'after a missing key')
  }),
  must(
    'iterate/writes',
    'returns every key that stays exactly once, whatever is written meanwhile',
    async ({ open }) => {
      const store = await open()
      const keys = numbered(60)
      await fill(store, keys)
      const seen: string[] = []
      for await (const { key } of store.iterate({ prefix: text('/k/') })) {
        const name = new TextDecoder().decode(key)
        seen.push(name)
        const index = seen.length
        check(index <= 200, 'an iteration over 60 keys does not end after 200')
        // a store may show new keys or not; stop adding them, or an iteration that shows them would never end
        if (index > 60) continue
        // add keys on both sides, replace keys, and delete every third key
        await store.put(record(`/k/${String(index).padStart(3, '0')}-`, 'new', 1))
        await store.put(record(`/a/${index}`, 'new', 1))
        await store.put(record(keys[(index * 7) % 60] as string, 'newer', 200))
        await store.delete(text(keys[((index * 3) % 60) - ((index * 3) % 3)] as string))
      }
      const stayed = keys.filter((_, index) => index % 3 !== 0)
      same(
        seen.filter((name) => stayed.includes(name)),
        stayed,
        'keys that stayed'
      )
      same(new Set(seen).size, seen.length, 'distinct keys')
    }
  ),
  must('iterate/early', 'ends when the caller stops early, and releases its resources', async ({ open }) => {
    const store = await open()
    await fill(store, numbered(50))
    for (let round = 0; round < 20; round++) {
      for await (const _ of store.iterate()) break
    }
    const iteration = store.iterate()
    await iteration.next()
    same(await iteration.return?.(), { done: true, value: undefined }, 'return')
    same(await iteration.next(), { done: true, value: undefined }, 'next after return')
    await store.put(record('/after', 'v', 1))
    await store.close()
  }),
  must('iterate/steps', 'answers concurrent steps one after another', async ({ open }) => {
    const store = await open()
    const keys = numbered(5)
    await fill(store, keys)
    const iteration = store.iterate()
    const steps = await Promise.all(Array.from({ length: 7 }, () => iteration.next()))
    const found = steps.map((step) => (step.done === true ? undefined : new TextDecoder().decode(step.value.key)))
    same(found, [...keys, undefined, undefined], 'steps')
  }),
  must('iterate/many', 'iterates over many records, marks and publications in order', async ({ open, factory }) => {
    const store = await open()
    const count = factory.manyEntries ?? manyEntries
    const name = (index: number): string => `/k/${String(index).padStart(5, '0')}`
    // in an order of its own: 7919 has no common divisor with the count
    const order = Array.from({ length: count }, (_, index) => (index * 7919) % count)
    for (let start = 0; start < count; start += 500) {
      const page = order.slice(start, start + 500)
      await store.batch(
        page.map((index) => ({
          type: 'put',
          record: record(name(index), name(index), 1),
          publication: publicationOf(name(index))
        }))
      )
    }
    const expected = Array.from({ length: count }, (_, index) => name(index))
    const checkAll = async (items: AsyncIterable<{ readonly key: Uint8Array }>, what: string): Promise<void> => {
      let index = 0
      for await (const { key } of items) {
        const found = new TextDecoder().decode(key)
        check(found === expected[index], `${what}: item ${index} is ${found}; expected ${expected[index] ?? 'the end'}`)
        index++
      }
      same(index, count, `number of ${what}`)
    }
    await checkAll(store.iterate(), 'records')
    await checkAll(store.publications(), 'publications')
    expected.reverse()
    await checkAll(store.iterate({ reverse: true }), 'records in reverse')
    expected.reverse()
    for (let start = 0; start < count; start += 500) {
      const page = order.slice(start, start + 500)
      await store.batch(page.map((index) => ({ type: 'delete', key: text(name(index)) })))
    }
    await checkAll(store.marks(), 'marks')
    same((await collect(store.publications())).length, 0, 'publications after deleting all')
  }),
  must('iterate/query-copy', 'is unaffected when the caller changes the bytes of its query', async ({ open }) => {
    const store = await open()
    await fill(store, ['/a', '/b'])
    const prefix = text('/a')
    const iteration = store.iterate({ prefix })
    prefix.fill(0xff)
    same((await collect(iteration)).length, 1, 'records')
  }),
  must('iterate/closed', 'rejects instead of ending when the store is closed during an iteration', async ({ open }) => {
    const store = await open()
    await fill(store, numbered(50))
    const iteration = store.iterate()
    await iteration.next()
    await store.close()
    await rejects(() => iteration.next(), 'STORE_CLOSED', 'next')
  }),
  must(
    'iterate/snapshot',
    'shows the state at the start of the iteration',
    async ({ open }) => {
      const store = await open()
      await fill(store, numbered(50))
      const iteration = store.iterate()
      const first = await iteration.next()
      check(first.done !== true, 'the iteration has no first record')
      await store.put(record('/k/049', 'newer', 2))
      await store.delete(text('/k/048'))
      await store.put(record('/k/0485', 'new', 1))
      const rest = await collect(iteration)
      same(rest.length, 49, 'records after the first')
      same(rest.at(-1)?.value, text('value of /k/049'), 'value of the last')
    },
    ['snapshot']
  )
])
