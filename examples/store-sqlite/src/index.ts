import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStore } from '@recordkit/record-store'
import { SqliteBackend } from './sqlite-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'recordkit-sqlite-'))
const store = createStore(new SqliteBackend(join(folder, 'records.db')))

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
console.log(`stored: ${new TextDecoder().decode((await store.get(text('/toy/colour')))?.value)}`)

await store.close()
rmSync(folder, { recursive: true })
