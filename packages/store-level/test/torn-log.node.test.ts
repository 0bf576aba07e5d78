import { cp, mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { collect, record, text } from './records.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recordkit-torn-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function logOf(location: string): Promise<string> {
  const logs = (await readdir(location)).filter((name) => /^\d+\.log$/.test(name)).sort()
  return join(location, logs.at(-1) as string)
}

test('recovers every write before the end of a truncated log, completely, and none after it', async () => {
  const location = join(folder, 'whole')
  const store = await LevelRecordStore.open(new ClassicLevel(location), { durable: true, closeDatabase: true })
  /** the size of the log after each acknowledged write */
  const sizes: number[] = []
  for (let index = 0; index < 60; index++) {
    await store.put(record(`/k/${index}`, 'v'.repeat(index * 5), 1, { expires: 2n ** 62n }))
    if (index % 5 === 4) await store.delete(text(`/k/${index}`))
    sizes.push((await stat(await logOf(location))).size)
  }
  const copy = join(folder, 'copy')
  const end = sizes.at(-1) as number
  for (let round = 0; round < 40; round++) {
    const cut = Math.floor((end * round) / 39)
    await cp(location, copy, { recursive: true })
    await truncate(await logOf(copy), cut)
    const opened = await LevelRecordStore.open(new ClassicLevel(copy), { closeDatabase: true }).catch(
      (error: unknown) => error
    )
    if (!(opened instanceof LevelRecordStore)) throw opened
    expect((await opened.verify()).problems).toEqual([])
    const recovered = sizes.filter((size) => size <= cut).length
    for (let index = 0; index < recovered; index++) {
      const stored = await opened.get(text(`/k/${index}`))
      if (index % 5 === 4) expect(stored ?? (await opened.mark(text(`/k/${index}`)))).toBeDefined()
      else expect(stored?.value).toHaveLength(index * 5)
    }
    for (let index = recovered + 1; index < 60; index++) expect(await opened.has(text(`/k/${index}`))).toBe(false)
    const { entries } = await opened.stats()
    expect(await collect(opened.iterate())).toHaveLength(entries)
    await opened.close()
    await rm(copy, { recursive: true })
  }
  await store.close()
})
