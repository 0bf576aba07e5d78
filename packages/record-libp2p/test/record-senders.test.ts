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
  for (let id = 0; id < 65; id++) senders.add(key, value, sender(id))
  expect(senders.take(key, value)).toMatchObject(sender(1))
  for (let count = 0; count < 10_000; count++) senders.add(Uint8Array.of(count >> 8, count & 255), value, sender(2))
  expect(senders.take(key, value)).toBeUndefined()
})
