import { createHash } from 'node:crypto'
import { MemoryDatastore } from 'datastore-core'
import { createStore } from '@recordkit/record-store'
import { DatastoreBackend } from './datastore-backend.ts'

const datastore = new MemoryDatastore()
const store = createStore(new DatastoreBackend(datastore))

const text = (content: string): Uint8Array => new TextEncoder().encode(content)
/** A rank is an order followed by an identity: the records of one order differ by the hash of their content. */
const rankOf = (order: number, value: string): Uint8Array =>
  Uint8Array.of(order, ...createHash('sha256').update(value).digest())
const put = async (value: string, order: number): Promise<void> => {
  const record = { key: text('/toy/colour'), value: text(value), rank: rankOf(order, value), timeReceived: 0n }
  console.log(`put ${value} with order ${order}: ${(await store.put(record)).status}`)
}

await put('green', 1)
await put('blue', 2)
await put('green', 1)
for await (const { key } of datastore.query({})) console.log(`key in the datastore: ${key.toString()}`)

await store.close()
