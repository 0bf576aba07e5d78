import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStore } from '@recordkit/record-store'
import { SqliteBackend } from './sqlite-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'recordkit-sqlite-'))
const store = createStore(new SqliteBackend(join(folder, 'records.db')))

const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const put = async (value: string, rank: number): Promise<void> => {
  const record = { key: text('/toy/colour'), value: text(value), rank: Uint8Array.of(rank), timeReceived: 0n }
  console.log(`put ${value} with rank ${rank}: ${(await store.put(record)).status}`)
}

await put('green', 1)
await put('blue', 2)
await put('green', 1)
console.log(`stored: ${new TextDecoder().decode((await store.get(text('/toy/colour')))?.value)}`)

await store.close()
rmSync(folder, { recursive: true })
