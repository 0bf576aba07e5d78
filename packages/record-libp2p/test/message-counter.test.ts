import { encodeUvarint } from '@recordkit/record-codec'
import { expect, test } from 'vitest'
import { MessageCounter } from '../src/message-counter.ts'

const lengths = [0, 1, 127, 128, 300, 2, 0, 5000]
const bytes = Uint8Array.from(
  lengths.flatMap((length) => [...encodeUvarint(BigInt(length)), ...new Uint8Array(length)])
)

function chunks(size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size)
  )
}

test.each([1, 2, 3, 7, 129, 1000, 10_000])('the messages of a stream are counted in chunks of %i bytes', (size) => {
  const counter = new MessageCounter(5000)
  const counts = chunks(size).map((chunk) => counter.count(chunk))
  expect(counts.reduce<number>((sum, count) => sum + (count ?? Number.NaN), 0)).toBe(lengths.length)
})

test.each([1, 2, 3, 10_000])('a message above the limit is found in chunks of %i bytes', (size) => {
  const counter = new MessageCounter(4999)
  expect(chunks(size).map((chunk) => counter.count(chunk))).toContain(undefined)
})
