import { expect, test } from 'vitest'
import type { PostgresDatabase } from '../src/postgres-database.ts'
import { ScanPages } from '../src/scan-pages.ts'

/** A database that has `count` entries of a size, whose keys are numbers, and remembers how many rows each statement asked for. */
class CountingDatabase {
  readonly asked: number[] = []
  fails = false
  readonly #count: number
  readonly #size: number

  constructor(count: number, size: number) {
    this.#count = count
    this.#size = size
  }

  async read(_: string, values: readonly unknown[]): Promise<{ key: Uint8Array; entry: Uint8Array }[]> {
    if (this.fails) throw new Error('the connection is lost')
    const [start, , limit] = values as [Uint8Array, unknown, number]
    this.asked.push(limit)
    const first = start.length === 0 ? 0 : new DataView(start.buffer).getUint32(0) + (start.length > 4 ? 1 : 0)
    return Array.from({ length: Math.min(limit, this.#count - first) }, (__, index) => {
      const key = new Uint8Array(4)
      new DataView(key.buffer).setUint32(0, first + index)
      return { key, entry: new Uint8Array(this.#size) }
    })
  }
}

function open(count: number, size: number, limit?: number): { database: CountingDatabase; pages: ScanPages } {
  const database = new CountingDatabase(count, size)
  const pages = new ScanPages(database as unknown as PostgresDatabase, 's', 'records', { limit })
  return { database, pages }
}

async function lengths(pages: ScanPages): Promise<number[]> {
  const found: number[] = []
  for (let rows = await pages.next(); rows.length > 0; rows = await pages.next()) found.push(rows.length)
  return found
}

test('pages grow up to 4,096 rows, and the last one ends the scan', async () => {
  const { database, pages } = open(10_000, 300)
  expect(await lengths(pages)).toEqual([64, 128, 256, 512, 1024, 2048, 4096, 1872])
  expect(database.asked.length).toBe(8)
  expect(await pages.next()).toEqual([])
})

test('pages of large entries have fewer rows', async () => {
  const { pages } = open(300, 65_536)
  expect(await lengths(pages)).toEqual([64, ...Array.from({ length: 7 }, () => 32), 12])
})

test('reads ahead after 192 rows, and not beyond the limit', async () => {
  const all = open(1000, 300)
  for (const asked of [[64], [64, 128, 256], [64, 128, 256, 512]]) {
    await all.pages.next()
    expect(all.database.asked).toEqual(asked)
  }
  const limited = open(1000, 300, 400)
  for (const asked of [1, 3, 3]) {
    await limited.pages.next()
    expect(limited.database.asked.length).toBe(asked)
  }
  await limited.pages.close()
})

test('an error of what was read ahead is that of the next page, and of nothing when the scan ends before', async () => {
  for (const isClosed of [true, false]) {
    const { database, pages } = open(1000, 300)
    await pages.next()
    const second = pages.next()
    await Promise.resolve()
    database.fails = true
    expect((await second).length).toBe(128)
    if (isClosed) await pages.close()
    else await expect(pages.next()).rejects.toThrow('lost')
  }
})
