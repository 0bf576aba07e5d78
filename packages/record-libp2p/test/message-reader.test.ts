import { expect, test } from 'vitest'
import { MessageReader } from '../src/message-reader.ts'

/** A message of this length behind its length prefix. */
function framed(length: number): number[] {
  const message = Array.from({ length }, (_, index) => (length + index) & 255)
  return length < 128 ? [length, ...message] : [(length & 127) | 128, length >> 7, ...message]
}

test('a message reader returns the same messages however their bytes are divided', () => {
  const lengths = [3, 0, 127, 128, 300, 0, 1]
  const bytes = Uint8Array.from(lengths.flatMap(framed))
  for (let size = 1; size <= bytes.length; size++) {
    const reader = new MessageReader(300)
    const messages: Uint8Array[] = []
    for (let offset = 0; offset < bytes.length; offset += size)
      messages.push(...(reader.push(bytes.subarray(offset, offset + size)) ?? []))
    expect(messages.map((message) => [...message])).toEqual(
      lengths.map((length) => framed(length).slice(length < 128 ? 1 : 2))
    )
  }
})

test('a message reader refuses a length above its limit before the message arrives', () => {
  expect(new MessageReader(127).push(Uint8Array.of(127))).toEqual([])
  expect(new MessageReader(127).push(Uint8Array.of(128, 1))).toBeUndefined()
  expect(new MessageReader(127).push(Uint8Array.of(128, 128, 128, 128, 128, 128, 128))).toBeUndefined()
})
