// Opens a database when its parent says so, puts records, and reports the result. One of many processes that do so at once.
import { openStore } from './open-sqlite.ts'

const [, , path = '', number = ''] = process.argv
const order = Number(number)

async function openAndPut(): Promise<string> {
  const store = await openStore(path)
  try {
    const rank = new Uint8Array(33).fill(order, 0, 1)
    for (const key of [`/own/${number}`, '/shared'])
      await store.put({ key: new TextEncoder().encode(key), value: rank, rank, timeReceived: 0n })
    return 'done'
  } finally {
    await store.close()
  }
}

async function openAndReport(): Promise<void> {
  const result = await openAndPut().catch((error: unknown) => String(error))
  process.send?.(result, () => process.disconnect())
}

process.once('message', () => void openAndReport())
process.send?.('ready')
