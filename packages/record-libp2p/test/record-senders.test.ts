import { FakeTimers } from '@recordkit/record-conformance'
import { minute, second } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { RecordSenders } from '../src/record-senders.ts'

const key = Uint8Array.of(1)
const value = Uint8Array.of(2)
const sender = (id: number) => ({ sender: Uint8Array.of(id), group: Uint8Array.of(4, id) })

test('the senders of one record are found in the order in which they sent it, each once', () => {
  const { clock } = new FakeTimers()
  const senders = new RecordSenders(clock)
  senders.add(key, value, sender(1))
  senders.add(key, value, sender(2))
  senders.add(Uint8Array.of(1, 2), new Uint8Array(0), sender(3))
  expect(senders.take(key, value)).toMatchObject(sender(1))
  expect(senders.take(key, value)).toMatchObject(sender(2))
  expect(senders.take(key, value)).toBeUndefined()
})

test('a record that was not processed within a minute has no sender any more', async () => {
  const time = new FakeTimers()
  const senders = new RecordSenders(time.clock)
  senders.add(key, value, sender(1))
  await time.advance(minute + second)
  expect(senders.take(key, value)).toBeUndefined()
})

test('a record that this node puts has no sender, also when a peer sends it back meanwhile', () => {
  const senders = new RecordSenders(new FakeTimers().clock)
  const [first, second] = [senders.addOwn(key, value), senders.addOwn(key, value)]
  senders.add(key, value, sender(1))
  first()
  expect(senders.take(key, value)).toBeUndefined()
  second()
  expect(senders.take(key, value)).toMatchObject(sender(1))
})

test('the senders that wait are bounded, for one record and in total', () => {
  const senders = new RecordSenders(new FakeTimers().clock)
  for (let id = 0; id < 21; id++) senders.add(key, value, sender(id))
  expect(senders.size).toBe(20)
  expect(senders.take(key, value)).toMatchObject(sender(1))
  const keyOf = (count: number) => Uint8Array.of(count >> 8, count & 255)
  for (let count = 0; count < 5_000; count++) {
    senders.add(keyOf(count), value, sender(2))
    senders.add(keyOf(count), value, sender(3))
    senders.add(keyOf(count), value, sender(4))
    expect(senders.size).toBeLessThanOrEqual(8_192)
  }
  expect(senders.take(key, value)).toBeUndefined()
  expect(senders.take(keyOf(4_999), value)).toMatchObject(sender(2))
  for (let count = 0; count < 5_000; count++) senders.add(keyOf(10_000 + count), value, sender(2))
  expect(senders.size).toBe(4_096)
})

test('senders that have waited for a minute are removed when another arrives or is taken', async () => {
  const time = new FakeTimers()
  const senders = new RecordSenders(time.clock)
  for (let count = 0; count < 100; count++) senders.add(Uint8Array.of(count), value, sender(1))
  await time.advance(minute / 2n)
  senders.add(key, value, sender(2))
  senders.add(Uint8Array.of(200), value, sender(2))
  await time.advance(minute / 2n + second)
  senders.add(Uint8Array.of(201), value, sender(3))
  // the record whose first sender has expired is taken from the second
  expect(senders.size).toBe(4)
  expect(senders.take(key, value)).toMatchObject(sender(2))
  await time.advance(2n * minute)
  expect(senders.take(key, value)).toBeUndefined()
  expect(senders.size).toBe(0)
})
