import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createStore } from '@recordkit/record-store'
import { afterAll, expect, test } from 'vitest'
import { SqliteBackend } from '../src/sqlite-backend.ts'

const folder = mkdtempSync(join(tmpdir(), 'recordkit-sqlite-shared-'))
afterAll(() => rmSync(folder, { recursive: true }))

const program = fileURLToPath(new URL('open-and-put.ts', import.meta.url))
const oldDatabase = fileURLToPath(new URL('../../../vectors/recordkit/stores-0/sqlite.db', import.meta.url))

/** The next message of a process; an error when it ends first. */
async function messageOf(child: ChildProcess): Promise<string> {
  const ended = once(child, 'exit').then(([code]) => `the process ended with ${String(code)}`)
  return Promise.race([once(child, 'message').then(([message]) => message as string), ended])
}

for (const [kind, prepare] of [
  ['a new database', () => {}],
  ['a database of the first version', (path: string) => cpSync(oldDatabase, path)]
] as const) {
  test(`24 processes open ${kind} at the same time, and each of them writes`, { timeout: 120_000 }, async () => {
    const path = join(folder, `${kind}.db`)
    prepare(path)
    const children = Array.from({ length: 24 }, (_, number) => fork(program, [path, String(number)]))
    for (const message of await Promise.all(children.map(messageOf))) expect(message).toBe('ready')
    const results = children.map(messageOf)
    for (const child of children) child.send('open')
    expect(await Promise.all(results)).toEqual(children.map(() => 'done'))
    const store = createStore(new SqliteBackend(path))
    for (let number = 0; number < 24; number++)
      expect(await store.has(new TextEncoder().encode(`/own/${number}`))).toBe(true)
    expect((await store.get(new TextEncoder().encode('/shared')))?.rank[0]).toBe(23)
    await store.close()
  })
}
