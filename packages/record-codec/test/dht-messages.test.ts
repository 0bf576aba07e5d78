import { decodeRecord } from '@recordkit/record-codec'
import { nextField, openProtobuf, readRepeatedBytes, skipField } from '@recordkit/record-codec/protobuf'
import { files, toHex } from '@recordkit/testing'
import { expect, test } from 'vitest'

const messages = files(
  import.meta.glob<string>('../../../vectors/dht-messages/*.bin', { query: '?hex', import: 'default', eager: true })
)

test('the strict reader reads the messages of real DHT nodes, and the records inside', () => {
  const keys: string[] = []
  for (const [name, bytes] of messages) {
    const reader = openProtobuf(bytes, 4_194_304, name)
    while (nextField(reader)) {
      // key = 2, record = 3
      if (reader.field === 2) expect(readRepeatedBytes(reader).length, name).toBeGreaterThan(0)
      else if (reader.field === 3) keys.push(toHex(decodeRecord(readRepeatedBytes(reader)).key))
      else skipField(reader)
    }
  }
  expect(messages.size).toBe(8)
  expect(keys).toContain(toHex(new TextEncoder().encode('/v/hello')))
})
