import { decodeRecord } from '@recordkit/record-codec'
import { readBytes, readFields } from '@recordkit/record-codec/protobuf'
import { files, toHex } from '@recordkit/testing'
import { expect, test } from 'vitest'

const messages = files(
  import.meta.glob<string>('../../../vectors/dht-messages/*.bin', { query: '?hex', import: 'default', eager: true })
)

test('the strict reader accepts the messages of real DHT nodes, and their records', () => {
  const keys: string[] = []
  for (const [name, bytes] of messages) {
    // key = 2, record = 3
    const fields = readFields(bytes, 4_194_304, name, [18, 26])
    const record = readBytes(fields, 1)
    expect(readBytes(fields, 0)?.length ?? 1, name).toBeGreaterThan(0)
    if (record !== undefined) keys.push(toHex(decodeRecord(record).key))
  }
  expect(messages.size).toBe(8)
  expect(keys).toContain(toHex(new TextEncoder().encode('/v/hello')))
})
