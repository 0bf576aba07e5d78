import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ExpiryHeap } from '../src/expiry-heap.ts'
import { FairShares } from '../src/fair-shares.ts'
import type { Place } from '../src/fair-shares.ts'
import { SortedView } from '../src/sorted-view.ts'

const step = fc.record({ add: fc.boolean(), sender: fc.integer({ min: 0, max: 4 }), pick: fc.nat() })

test('the fair shares name the oldest record of a largest sender, as a plain count does', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const shares = new FairShares<{ id: number; sender: string }>()
      const places: Place<{ id: number; sender: string }>[] = []
      for (const [id, { add, sender, pick }] of steps.entries()) {
        if (add || places.length === 0) places.push(shares.add({ id, sender: `s${sender}` }, `s${sender}`))
        else shares.delete(places.splice(pick % places.length, 1)[0] as (typeof places)[0])
        const ownOf = (name: string): typeof places => places.filter(({ entry }) => entry.sender === name)
        const largest = Math.max(...[0, 1, 2, 3, 4].map((index) => ownOf(`s${index}`).length))
        for (let index = 0; index <= 4; index++) {
          expect(shares.sizeOf(`s${index}`)).toBe(ownOf(`s${index}`).length)
        }
        expect(shares.count).toBe(places.length)
        const { next } = shares
        if (next === undefined) {
          expect(places).toHaveLength(0)
          continue
        }
        const own = ownOf(next.sender)
        expect(own).toHaveLength(largest)
        expect(next.id).toBe(own[0]?.entry.id)
      }
    })
  )
})

test('the heap gives the earliest, whatever came and went', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ add: fc.boolean(), until: fc.bigInt({ min: 0n, max: 20n }), pick: fc.nat() })),
      (steps) => {
        const heap = new ExpiryHeap<{ until: bigint; heapIndex: number }>()
        const items: { until: bigint; heapIndex: number }[] = []
        for (const { add, until, pick } of steps) {
          if (add || items.length === 0) {
            const item = { until, heapIndex: -1 }
            items.push(item)
            heap.add(item)
          } else {
            const [item] = items.splice(pick % items.length, 1)
            if (item !== undefined) heap.delete(item)
          }
          const earliest = items.reduce<bigint | undefined>(
            (least, item) => (least === undefined || item.until < least ? item.until : least),
            undefined
          )
          expect(heap.first?.until).toBe(earliest)
        }
      }
    )
  )
})

test('the sorted view shows what is there, in order, whenever it is asked', () => {
  const action = fc.record({ add: fc.boolean(), id: fc.string({ maxLength: 2 }), look: fc.boolean() })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
      const view = new SortedView<{ id: string; gone: boolean }>()
      const items = new Map<string, { id: string; gone: boolean }>()
      for (const { add, id, look } of actions) {
        const held = items.get(id)
        if (!add && held !== undefined) {
          held.gone = true
          items.delete(id)
        } else if (add && held === undefined) {
          const item = { id, gone: false }
          items.set(id, item)
          view.add(item)
        }
        if (!look) continue
        const found = [...view.items({ reverse: false, limit: Infinity, empty: false }, () => items.values())]
        expect(found.map((item) => item.id)).toEqual([...items.keys()].sort((a, b) => (a < b ? -1 : 1)))
      }
    })
  )
})
