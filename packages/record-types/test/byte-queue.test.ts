import { ByteQueue } from '@recordkit/record-types/internal'
import { countWork } from '@recordkit/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('a byte queue returns the bytes in the order in which they were added, in parts of any size', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 60 }))), (steps) => {
      const queue = new ByteQueue()
      const expected: number[] = []
      for (const [chunk, count] of steps) {
        queue.push(chunk)
        expected.push(...chunk)
        const taken = queue.take(count)
        if (count > expected.length) expect(taken).toBeUndefined()
        else expect([...(taken ?? [])]).toEqual(expected.splice(0, count))
        expect(queue.length).toBe(expected.length)
      }
      expect([...queue.takeAll()]).toEqual(expected)
      expect(queue.length).toBe(0)
    })
  )
})

test('a byte queue returns copies', () => {
  const queue = new ByteQueue()
  const chunk = Uint8Array.of(1, 2)
  queue.push(chunk)
  chunk.fill(9)
  const first = queue.takeAll()
  queue.push(Uint8Array.of(7, 8))
  expect(first).toEqual(Uint8Array.of(1, 2))
})

test.each([
  ['one at a time', 1, 1],
  ['one at a time, with 4000 bytes that wait', 1, 4000],
  ['in chunks of 700, taken in parts of 3', 700, 3]
])('a byte queue copies each byte at most six times: %s', async (_, chunkSize, part) => {
  const total = 70_000
  const queue = new ByteQueue()
  const { bytesCopied } = await countWork(() => {
    for (let sent = 0; sent < total; sent += chunkSize) {
      queue.push(new Uint8Array(chunkSize))
      while (queue.take(part) !== undefined);
    }
    queue.takeAll()
  })
  expect(bytesCopied).toBeLessThan(6 * total)
})
