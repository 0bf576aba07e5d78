import type { StoredRecord } from '@recordkit/record-store'
import type { CheckedRange } from '@recordkit/record-store/internal'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { ExpiryHeap } from '../src/expiry-heap.ts'
import { FairEviction, SlotLinks } from '../src/fair-eviction.ts'
import { keyedHash } from '../src/keyed-hash.ts'
import { RecordTable } from '../src/record-table.ts'
import type { TableRecord } from '../src/record-table.ts'
import { HashIndex } from '../src/hash-index.ts'
import { sortedRecords } from '../src/sorted-records.ts'

// fast-check makes lists of up to ten items by default
fc.configureGlobal({ baseSize: 'large' })

const step = fc.record({ add: fc.boolean(), sender: fc.integer({ min: 0, max: 4 }), pick: fc.nat() })

/** Assigns slots like a record table: the slot that was freed last is used first. */
class Slots {
  readonly #free: number[] = []
  #end = 0

  allocate(): number {
    return this.#free.pop() ?? this.#end++
  }

  free(slot: number): void {
    this.#free.push(slot)
  }
}

test('fair eviction selects the oldest record of a group with the most records', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.boolean(), (steps, shared) => {
      const links = new SlotLinks()
      const shares = new FairEviction(links)
      const slots = new Slots()
      // another one that shares the links
      const others = new FairEviction(links)
      if (shared) for (let other = 0; other < 70; other++) others.add(slots.allocate(), 's0')
      const expected: { slot: number; sender: string }[] = []
      for (const { add, sender, pick } of steps) {
        if (add || expected.length === 0) {
          const slot = slots.allocate()
          shares.add(slot, `s${sender}`)
          expected.push({ slot, sender: `s${sender}` })
        } else {
          const [{ slot }] = expected.splice(pick % expected.length, 1) as [(typeof expected)[0]]
          expect(shares.delete(slot)).toBe(true)
          expect(shares.delete(slot)).toBe(false)
          slots.free(slot)
        }
        const ownOf = (name: string): typeof expected => expected.filter((item) => item.sender === name)
        const largest = Math.max(...[0, 1, 2, 3, 4].map((index) => ownOf(`s${index}`).length))
        expect(shares.count).toBe(expected.length)
        const next = shares.next()
        if (next < 0) {
          expect(expected).toHaveLength(0)
          continue
        }
        const own = ownOf(expected.find(({ slot }) => slot === next)?.sender ?? '')
        expect(own).toHaveLength(largest)
        expect(next).toBe(own[0]?.slot)
      }
    })
  )
})

test('fair eviction keeps the order of hundreds of slots when they are removed anywhere', () => {
  const shares = new FairEviction()
  const count = 300
  for (let slot = 0; slot < count; slot++) shares.add(slot, 'one')
  shares.add(count, 'another')
  const left = new Set(Array.from({ length: count }, (_, slot) => slot))
  const remove = (slot: number): void => {
    expect(shares.delete(slot)).toBe(true)
    left.delete(slot)
    expect(shares.next()).toBe([...left][0])
  }
  // from the middle, from the end, and then alternately the oldest and the youngest
  for (let slot = 1; slot < count - 1; slot += 3) remove(slot)
  for (let slot = 64; slot < 128; slot++) if (left.has(slot)) remove(slot)
  for (let turn = 0; left.size > 2; turn++) remove([...left].at(turn % 2 === 0 ? 0 : -1) as number)
  // new slots are younger than all others
  for (let slot = count + 1; slot < count + 4; slot++) {
    shares.add(slot, 'one')
    left.add(slot)
  }
  while (left.size > 2) remove([...left][0] as number)
  expect(shares.count).toBe(3)
})

test('the expiry heap returns the earliest slot after any additions and removals', () => {
  const until = fc.oneof(fc.bigInt({ min: 0n, max: 20n }), fc.bigInt({ min: 2n ** 32n - 2n, max: 2n ** 32n + 2n }))
  fc.assert(
    fc.property(fc.array(fc.record({ add: fc.boolean(), until, pick: fc.nat() }), { maxLength: 200 }), (steps) => {
      const heap = new ExpiryHeap()
      const slots = new Slots()
      const items: { until: bigint; slot: number }[] = []
      for (const { add, until: time, pick } of steps) {
        if (add || items.length === 0) {
          const item = { until: time, slot: slots.allocate() }
          items.push(item)
          heap.add(item.slot, time)
        } else {
          const [item] = items.splice(pick % items.length, 1) as [(typeof items)[0]]
          heap.delete(item.slot)
          heap.delete(item.slot)
          slots.free(item.slot)
        }
        const earliest = items.reduce<bigint | undefined>(
          (least, item) => (least === undefined || item.until < least ? item.until : least),
          undefined
        )
        expect(items.find(({ slot }) => slot === heap.first)?.until).toBe(earliest)
        if (items.length === 0) expect(heap.first).toBe(-1)
      }
    })
  )
})

test('the expiry heap orders a thousand times of 64 bits', () => {
  // each once, in mixed order: 389 and 1000 are coprime
  const times = Array.from({ length: 1000 }, (_, index) => (BigInt((index * 389) % 1000) * (2n ** 64n - 1n)) / 999n)
  const heap = new ExpiryHeap()
  for (const [slot, time] of times.entries()) heap.add(slot, time)
  const found: bigint[] = []
  for (let slot = heap.first; slot >= 0; slot = heap.first) {
    found.push(times[slot] as bigint)
    heap.delete(slot)
  }
  expect(found).toEqual([...times].sort((a, b) => (a < b ? -1 : 1)))
  expect(found).toHaveLength(1000)
})

test('the expiry heap returns the earliest remaining slot when slots are removed early', () => {
  const times = Array.from({ length: 500 }, (_, index) => BigInt((index * 389) % 500))
  const heap = new ExpiryHeap()
  for (const [slot, time] of times.entries()) heap.add(slot, time)
  const left = new Set(times.keys())
  for (let step = 0; step < 500; step++) {
    const slot = (step * 7) % 500
    heap.delete(slot)
    left.delete(slot)
    const earliest = [...left].reduce((least, at) => Math.min(least, Number(times[at])), Infinity)
    expect(left.size === 0 ? Infinity : Number(times[heap.first])).toBe(earliest)
  }
  expect(heap.first).toBe(-1)
  // slots that are not in the heap are ignored
  heap.add(7, 3n)
  for (const slot of [8, 499, 100_000]) heap.delete(slot)
  expect(heap.first).toBe(7)
})

test('the expiry heap moves an entry up when it replaces a removed one in another branch', () => {
  const heap = new ExpiryHeap()
  // slots equal their times: late ones in the left branch, early ones in the right one
  for (const time of [0, 10, 1, 20, 21, 2, 3]) heap.add(time, BigInt(time))
  // the 3 moves to the position of the 20, below the 10
  heap.delete(20)
  for (const time of [30, 31, 32]) heap.add(time, BigInt(time))
  const found: number[] = []
  for (let slot = heap.first; slot >= 0; slot = heap.first) {
    found.push(slot)
    heap.delete(slot)
  }
  expect(found).toEqual([0, 1, 2, 3, 10, 21, 30, 31, 32])
})

test('the hash index finds every slot by its hash, also when many slots share one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ add: fc.boolean(), hash: fc.integer({ min: -3, max: 3 }), pick: fc.nat() }), {
        maxLength: 300
      }),
      fc.integer({ min: 0, max: 30 }),
      (steps, shift) => {
        const index = new HashIndex()
        const slots = new Slots()
        const expected: { slot: number; hash: number }[] = []
        for (const { add, hash, pick } of steps) {
          if (add || expected.length === 0) {
            const item = { slot: slots.allocate(), hash: hash << shift }
            index.add(item.slot, item.hash)
            expected.push(item)
          } else {
            const [item] = expected.splice(pick % expected.length, 1) as [(typeof expected)[0]]
            index.delete(item.slot, item.hash)
            slots.free(item.slot)
          }
          expect(index.count).toBe(expected.length)
        }
        for (let hash = -3; hash <= 3; hash++) {
          const wanted = hash << shift
          const found: number[] = []
          for (let at = index.seek(wanted, wanted); at >= 0; at = index.seek(wanted, at + 1)) {
            found.push(index.slotAt(at))
          }
          const own = expected.filter((item) => item.hash === wanted).map(({ slot }) => slot)
          expect(new Set(found)).toEqual(new Set(own))
          expect(found).toHaveLength(own.length)
        }
      }
    )
  )
})

test('the hash index adds and removes hundreds of slots with overlapping probe sequences', () => {
  // probe sequences that wrap around the end of the table
  const hashOf = (slot: number): number => (slot % 3 === 0 ? -1 - (slot & 7) : Math.imul(slot, 0x9e3779b1) | 0)
  const index = new HashIndex()
  const slotsOf = (hash: number): number[] => {
    const found: number[] = []
    for (let at = index.seek(hash, hash); at >= 0; at = index.seek(hash, at + 1)) found.push(index.slotAt(at))
    return found
  }
  const count = 600
  for (let slot = 0; slot < count; slot++) index.add(slot, hashOf(slot))
  expect(index.count).toBe(count)
  for (let slot = 0; slot < count; slot++) expect(slotsOf(hashOf(slot))).toContain(slot)
  for (let slot = 0; slot < count; slot++) {
    if (slot % 2 === 0) index.delete(slot, hashOf(slot))
  }
  expect(index.count).toBe(count / 2)
  for (let slot = 0; slot < count; slot++) {
    if (slot % 2 === 0) expect(slotsOf(hashOf(slot))).not.toContain(slot)
    else expect(slotsOf(hashOf(slot))).toContain(slot)
  }
})

test('keyedHash changes with its key and with every bit of the bytes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.integer(),
      fc.integer(),
      fc.nat(),
      fc.nat({ max: 7 }),
      (bytes, key0, key1, pick, bit) => {
        const hash = keyedHash(bytes, key0, key1)
        expect(hash | 0).toBe(hash)
        expect(keyedHash(bytes, key0 ^ 1, key1)).not.toBe(hash)
        expect(keyedHash(Uint8Array.of(...bytes, 0), key0, key1)).not.toBe(hash)
        if (bytes.length === 0) return
        const other = bytes.slice()
        other[pick % bytes.length] = (other[pick % bytes.length] as number) ^ (1 << bit)
        expect(keyedHash(other, key0, key1)).not.toBe(hash)
      }
    ),
    { seed: 1 }
  )
})

test('keys that collide with one hash key do not collide with another', () => {
  const buckets = 1024
  const keys = Array.from({ length: 100_000 }, (_, index) => new TextEncoder().encode(`/flood/${index}`))
  const colliding = keys.filter((key) => (keyedHash(key, 1, 2) & (buckets - 1)) === 0)
  expect(colliding.length).toBeGreaterThan(50)
  const spread = new Set(colliding.map((key) => keyedHash(key, 3, 4) & (buckets - 1)))
  expect(spread.size).toBeGreaterThan(colliding.length * 0.85)
})

function toRecord(key: string, value: Uint8Array, more: Partial<TableRecord> = {}): TableRecord {
  return { key: new TextEncoder().encode(key), value, rank: Uint8Array.of(1), timeReceived: 7n, ...more }
}

/** What a copy contains: everything but whether there is a publication. */
function stored({ published: _, ...record }: TableRecord): StoredRecord {
  return record
}

const identity = fc.uint8Array({ minLength: 1, maxLength: 128 })

const anyRecord = fc
  .record(
    {
      key: fc.uint8Array({ minLength: 1, maxLength: 3 }),
      value: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 2000, maxLength: 2100 })),
      rank: fc.uint8Array({ maxLength: 64 }),
      timeReceived: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      expires: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      author: identity,
      sender: identity,
      published: fc.constant(true)
    },
    { requiredKeys: ['key', 'value', 'rank', 'timeReceived'] }
  )
  .map((record) => record as TableRecord)

test('the record table returns every field of its records after any additions and removals', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ record: anyRecord, remove: fc.boolean() }), { maxLength: 60 }), (steps) => {
      const table = new RecordTable(Uint32Array.of(5, 6))
      const expected = new Map<string, TableRecord>()
      for (const { record, remove } of steps) {
        const id = record.key.join()
        const slot = table.find(record.key, table.hash(record.key))
        expect(slot >= 0).toBe(expected.has(id))
        if (slot < 0) table.add(record, table.hash(record.key))
        else if (remove) table.delete(slot)
        else table.set(slot, record)
        if (slot >= 0 && remove) expected.delete(id)
        else expected.set(id, record)
      }
      expect(table.count).toBe(expected.size)
      expect([...table.slots()]).toHaveLength(expected.size)
      for (const record of expected.values()) {
        const slot = table.find(record.key, table.hash(record.key))
        expect(table.view(slot)).toEqual(record)
        expect(table.copy(slot)).toEqual(stored(record))
      }
    })
  )
})

test('the record table hashes with both words of its hash key', () => {
  const key = new TextEncoder().encode('/k')
  const hash = new RecordTable(Uint32Array.of(0xfffffff5, 6)).hash(key)
  expect(hash).toBe(keyedHash(key, 0xfffffff5, 6))
  expect(new RecordTable(Uint32Array.of(5, 6)).hash(key)).not.toBe(hash)
  expect(new RecordTable(Uint32Array.of(0xfffffff5, 7)).hash(key)).not.toBe(hash)
})

test('the record table distinguishes keys with the same hash', () => {
  const table = new RecordTable(Uint32Array.of(5, 6))
  const keys = ['/ab', '/abc', '/abd', '/', '/xbc', 'abcd']
  const slots = keys.map((key) => table.add(toRecord(key, new Uint8Array(1)), 7))
  const find = (key: string): number => table.find(new TextEncoder().encode(key), 7)
  expect(keys.map(find)).toEqual(slots)
  for (const key of ['/a', '/abe', '/abcd', 'bbcd']) expect(find(key)).toBe(-1)
  table.delete(slots[1] as number)
  expect(keys.map(find)).toEqual(slots.map((slot, index) => (index === 1 ? -1 : slot)))
})

test('the record table compacts its memory when records are replaced', () => {
  const table = new RecordTable(Uint32Array.of(5, 6))
  const add = (key: string): number => {
    const record = toRecord(key, Uint8Array.of(1))
    return table.add(record, table.hash(record.key))
  }
  const hot = add('/hot')
  const lasting: number[] = []
  // between two lasting records, as many bytes are allocated and freed as a slab contains
  for (let index = 0; index < 60; index++) {
    lasting.push(add(`/lasting/${index}`))
    for (let round = 0; round < 35; round++) table.set(hot, toRecord('/hot', new Uint8Array(2000).fill(round)))
  }
  const buffers = new Set(lasting.map((slot) => table.view(slot).value.buffer))
  expect([...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(1_500_000)
  for (const [index, slot] of lasting.entries())
    expect(table.view(slot)).toEqual(toRecord(`/lasting/${index}`, Uint8Array.of(1)))
  expect(table.view(hot)).toEqual(toRecord('/hot', new Uint8Array(2000).fill(34)))
})

test('the record table updates the times of a record and nothing else', () => {
  const table = new RecordTable(Uint32Array.of(5, 6))
  const plain = toRecord('/k', Uint8Array.of(1, 2, 3), { published: true, author: Uint8Array.of(4) })
  const slot = table.add(plain, table.hash(plain.key))
  for (const times of [
    { timeReceived: 8n, expires: 9n },
    { timeReceived: 2n ** 64n - 1n, expires: 2n ** 64n - 1n },
    { timeReceived: 10n },
    { timeReceived: 0n }
  ]) {
    table.setTimes(slot, { ...plain, ...times })
    expect(table.view(slot)).toEqual({ ...plain, ...times })
    expect(table.copy(slot)).toEqual(stored({ ...plain, ...times }))
    expect(table.until(slot)).toBe(times.expires)
  }
})

test('the handle of a record is not valid any more when another record uses its slot', () => {
  const table = new RecordTable(Uint32Array.of(5, 6))
  const handles: number[] = []
  for (let round = 0; round < 50; round++) {
    const record = toRecord(`/${round}`, Uint8Array.of(round))
    expect(table.add(record, table.hash(record.key))).toBe(0)
    expect(table.isUsed(0)).toBe(true)
    const handle = table.handle(0)
    table.set(0, { ...record, value: new Uint8Array(100) })
    // a new value does not change it
    expect(table.handle(0)).toBe(handle)
    expect(table.slotOf(handle)).toBe(0)
    expect(table.isValid(handle)).toBe(true)
    expect(handles.some((earlier) => table.isValid(earlier))).toBe(false)
    handles.push(handle)
    table.delete(0)
    expect(table.isUsed(0)).toBe(false)
    expect(table.isValid(handle)).toBe(false)
  }
})

test('copies of small records share buffers, and copies above 1 KiB have buffers of their own', () => {
  const table = new RecordTable(Uint32Array.of(5, 6))
  const add = (key: string, size: number): number => {
    const record = toRecord(key, new Uint8Array(size - key.length - 1).fill(key.length))
    return table.add(record, table.hash(record.key))
  }
  const long = add('/long', 1025)
  const { key, rank, value } = table.copy(long)
  expect(value).toHaveLength(1025 - 6)
  expect([key.buffer, rank.buffer]).toEqual([value.buffer, value.buffer])
  expect(value.buffer.byteLength).toBe(1025)
  const short = add('/short', 1024)
  // the pool is shared with other copies: start at the beginning of a new buffer
  let first = table.copy(short)
  while (first.key.byteOffset !== 0) first = table.copy(short)
  const copies = [first, ...Array.from({ length: 8 }, () => table.copy(short))]
  const buffers = copies.map((copy) => copy.value.buffer)
  // eight copies fill a buffer to its last byte
  expect(new Set(buffers.slice(0, 8)).size).toBe(1)
  expect(buffers[8]).not.toBe(buffers[0])
  expect(buffers[0]?.byteLength).toBe(8192)
  // copies do not overlap
  for (const [index, copy] of copies.entries()) copy.value.fill(index)
  for (const [index, copy] of copies.entries()) {
    expect(copy.value).toEqual(new Uint8Array(1024 - 7).fill(index))
    expect(new TextDecoder().decode(copy.key)).toBe('/short')
  }
})

test('the record table compacts its memory when records are removed', () => {
  const table = new RecordTable(Uint32Array.of(5, 6))
  const value = (index: number): Uint8Array => new Uint8Array(256).fill(index & 255)
  for (let index = 0; index < 20_000; index++) {
    const record = toRecord(`/k/${index}`, value(index))
    table.add(record, table.hash(record.key))
  }
  for (let index = 0; index < 20_000; index++) {
    if (index % 50 === 0) continue
    const { key } = toRecord(`/k/${index}`, value(index))
    table.delete(table.find(key, table.hash(key)))
  }
  const buffers = new Set<ArrayBufferLike>()
  for (let index = 0; index < 20_000; index += 50) {
    const record = toRecord(`/k/${index}`, value(index))
    const view = table.view(table.find(record.key, table.hash(record.key)))
    expect(view).toEqual(record)
    buffers.add(view.value.buffer)
  }
  const total = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0)
  expect(total).toBeLessThan(2 * 400 * 270 + 1_048_576 + 16_384)
})

const everything = { reverse: false, limit: Infinity, empty: false } as const

/** A table with a sorted view of it, which is changed as a store changes it. */
function sortedTable(): {
  table: RecordTable
  add: (key: string) => void
  remove: (key: string) => void
  has: (key: string) => boolean
  names: (range?: Partial<CheckedRange>) => Generator<string, undefined>
  prepare: () => Promise<void> | undefined
} {
  const table = new RecordTable(Uint32Array.of(5, 6))
  const view = sortedRecords(table)
  const slotOf = (key: string): number => {
    const bytes = new TextEncoder().encode(key)
    return table.find(bytes, table.hash(bytes))
  }
  return {
    table,
    add: (key) => {
      const record = toRecord(key, new Uint8Array(0))
      view.add(table.handle(table.add(record, table.hash(record.key))))
    },
    remove: (key) => {
      view.delete()
      table.delete(slotOf(key))
    },
    has: (key) => slotOf(key) >= 0,
    *names(range = {}) {
      for (const handle of view.within({ ...everything, ...range }))
        yield new TextDecoder().decode(table.key(table.slotOf(handle)))
      return undefined
    },
    prepare: () => view.prepare()
  }
}

test('the sorted view returns the current records in order after any changes', () => {
  const action = fc.record({ add: fc.boolean(), id: fc.string({ maxLength: 2 }), look: fc.boolean() })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
      const { add: addKey, remove, has, names } = sortedTable()
      const ids = new Set<string>()
      for (const { add, id, look } of actions) {
        if (!add && has(`/${id}`)) {
          ids.delete(id)
          remove(`/${id}`)
        } else if (add && !has(`/${id}`)) {
          ids.add(id)
          addKey(`/${id}`)
        }
        if (!look) continue
        expect([...names()].map((name) => [...new TextEncoder().encode(name)])).toEqual(
          [...ids].map((name) => [...new TextEncoder().encode(`/${name}`)]).sort(byBytes)
        )
      }
    })
  )
})

test('the sorted view returns any range in both directions, also of many chunks that change', () => {
  const { add, remove, has, names } = sortedTable()
  const name = (number: number): string => `/${String(number).padStart(5, '0')}`
  const existing = new Set<string>()
  const change = (key: string): void => {
    if (has(key)) {
      remove(key)
      existing.delete(key)
    } else {
      add(key)
      existing.add(key)
    }
  }
  // keys in no order, which fill several chunks
  for (let number = 0; number < 4000; number++) change(name((number * 389) % 4000))
  for (let round = 0; round < 60; round++) {
    // most rounds delete a run of keys: whole chunks disappear
    for (let number = 0; number < 90; number++) change(name((round * 1237 + number) % 6000))
    const [start, end] = [name((round * 611) % 6000), name((round * 947) % 6000)].toSorted() as [string, string]
    const expected = [...existing].filter((key) => key >= start && key < end).toSorted()
    const range = { start: new TextEncoder().encode(start), end: new TextEncoder().encode(end) }
    expect([...names(range)]).toEqual(expected)
    expect([...names({ ...range, reverse: true })]).toEqual(expected.toReversed())
    expect([...names()]).toEqual([...existing].toSorted())
  }
})

test('a look at the sorted view after a change reads few keys, however many records there are', async () => {
  const { table, add, remove, names, prepare } = sortedTable()
  for (let index = 0; index < 20_000; index++) add(`/${(index * 389) % 20_000}`)
  await prepare()
  expect([...names()]).toHaveLength(20_000)
  const read = vi.spyOn(table, 'key')
  const checked = vi.spyOn(table, 'isValid')
  for (let index = 0; index < 10; index++) {
    add(`/1000x${index}`)
    remove(`/${index}`)
    expect(prepare()).toBeUndefined()
    expect(names({ start: new TextEncoder().encode('/1000') }).next().value).toBe('/1000')
  }
  expect(read.mock.calls.length).toBeLessThan(10 * 100)
  // one or two chunks of 512
  expect(checked.mock.calls.length).toBeLessThan(10 * 1600)
})

test('deleted records do not pile up in the sorted view while it is looked at', () => {
  const { table, add, remove, names } = sortedTable()
  const name = (number: number): string => `/${String(number).padStart(6, '0')}`
  for (let index = 0; index < 2000; index++) add(name(index))
  const first = (): unknown => names().next().value
  first()
  // ever larger keys, as of a store that evicts the oldest
  for (let index = 2000; index < 22_000; index++) {
    add(name(index))
    remove(name(index - 2000))
    if (index % 50 === 0) expect(first()).toBe(name(index - 1999))
  }
  const checked = vi.spyOn(table, 'isValid')
  expect([...names()]).toHaveLength(2000)
  expect(checked.mock.calls.length).toBeLessThan(2 * 2000 * 2)
})

test('the sorted view skips removed records and never returns a new record in a reused slot', () => {
  const { add, remove, names } = sortedTable()
  for (const key of ['/a', '/b', '/c', '/d']) add(key)
  const found = names()
  expect(found.next().value).toBe('/a')
  remove('/b')
  add('/z')
  expect(found.next().value).toBe('/c')
  expect(found.next().value).toBe('/d')
  expect(found.next().done).toBe(true)
  expect([...names({ reverse: true })]).toEqual(['/z', '/d', '/c', '/a'])
})

function byBytes(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [
    a.map((byte) => String.fromCharCode(byte)).join(''),
    b.map((byte) => String.fromCharCode(byte)).join('')
  ]
  return x < y ? -1 : x > y ? 1 : 0
}
