import { fork } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nextMessage } from '@recordkit/testing/child-process'
import { afterAll, expect, test } from 'vitest'
import { openStore } from './open-sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'recordkit-sqlite-shared-'))
afterAll(() => rmSync(folder, { recursive: true }))

const program = fileURLToPath(new URL('open-and-put.ts', import.meta.url))
/** `PROCESSES=24` for more */
const count = Number(process.env['PROCESSES'] ?? 12)
const oldDatabase = fileURLToPath(new URL('../../../vectors/recordkit/stores-0/sqlite.db', import.meta.url))

for (const [kind, prepare] of [
  ['a new database', () => {}],
  ['a database of the first version', (path: string) => cpSync(oldDatabase, path)]
] as const) {
  test(`${count} processes open ${kind} at the same time, and each of them writes`, { timeout: 120_000 }, async () => {
    const path = join(folder, `${kind}.db`)
    prepare(path)
    const children = Array.from({ length: count }, (_, number) => fork(program, [path, String(number)]))
    for (const message of await Promise.all(children.map(nextMessage))) expect(message).toBe('ready')
    const results = children.map(nextMessage)
    for (const child of children) child.send('open')
    expect(await Promise.all(results)).toEqual(children.map(() => 'done'))
    const store = await openStore(path)
    for (let number = 0; number < count; number++)
      expect(await store.has(new TextEncoder().encode(`/own/${number}`))).toBe(true)
    expect((await store.get(new TextEncoder().encode('/shared')))?.rank[0]).toBe(count - 1)
    await store.close()
  })
}
