import { MemoryDatastore } from 'datastore-core'
import { createStore } from '@recordkit/record-store'
import { DatastoreBackend } from './datastore-backend.ts'

const datastore = new MemoryDatastore()
const store = createStore(new DatastoreBackend(datastore))

const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const put = async (value: string, rank: number): Promise<void> => {
  const record = { key: text('/toy/colour'), value: text(value), rank: Uint8Array.of(rank), timeReceived: 0n }
  console.log(`put ${value} with rank ${rank}: ${(await store.put(record)).status}`)
}

await put('green', 1)
await put('blue', 2)
await put('green', 1)
for await (const { key } of datastore.query({})) console.log(`key in the datastore: ${key.toString()}`)

await store.close()
