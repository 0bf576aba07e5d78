import { createRecordManager } from '@recordkit/record-manager/quick'
import { expect, test } from 'vitest'

// a page has SharedArrayBuffer only when it is isolated from other origins

/** Bytes in memory that other threads can see. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}

test('no bytes that a manager returns are in the shared memory of the bytes that it received', async () => {
  await using manager = await createRecordManager()
  const put = await manager.put('test-key', shared(new TextEncoder().encode('hello')))
  await using other = await createRecordManager()
  const { key, value } = put.record
  const putSigned = await other.putSigned(shared(key), shared(value))
  const received = await other.getRecord(key)
  for (const { content, value: bytes } of [put.record, putSigned.record, received].filter((one) => one !== undefined)) {
    expect(content.buffer).toBeInstanceOf(ArrayBuffer)
    expect(bytes.buffer).toBeInstanceOf(ArrayBuffer)
  }
  expect(received?.content).toEqual(new TextEncoder().encode('hello'))
  const content = await other.get(key)
  expect(content?.buffer).toBeInstanceOf(ArrayBuffer)
})
