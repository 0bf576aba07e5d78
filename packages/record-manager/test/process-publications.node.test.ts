import { DatabaseSync } from 'node:sqlite'
import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { RecordManager } from '@recordkit/record-manager'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { afterAll, expect, test } from 'vitest'
import { SqliteRecordStore } from '@recordkit/store-sqlite'

const folder = mkdtempSync(join(tmpdir(), 'recordkit-sqlite-publications-'))
afterAll(() => rmSync(folder, { recursive: true }))

const program = fileURLToPath(new URL('publish-by-process.ts', import.meta.url))

/** Puts records that are due for publication now. */
async function putDue(path: string, count: number): Promise<string[]> {
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(7))
  const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })])
  const store = await SqliteRecordStore.open(new DatabaseSync(path))
  const manager = new RecordManager({ engine, store, signer })
  const names: string[] = []
  for (let index = 0; index < count; index++) {
    const key = joinRecordKey('config', `${ipnsNameToString(signer.peerId)}/${index}`)
    await manager.put(key, Uint8Array.of(index))
    const publication = await store.publication(key)
    await store.touch(key, { publication: { ...publication, key, network: true, published: 1n } })
    names.push(new TextDecoder().decode(key))
  }
  await manager.close()
  return names
}

test('two processes on one database publish each due record once', { timeout: 120_000 }, async () => {
  const path = join(folder, 'records.db')
  const names = await putDue(path, 40)
  const children = [fork(program, [path]), fork(program, [path])]
  const ready = children.map((child) => once(child, 'message'))
  await Promise.all(ready)
  const published: string[] = []
  await new Promise<void>((resolve, reject) => {
    for (const child of children) {
      child.on('message', (name: string) => {
        published.push(name)
        if (new Set(published).size === names.length) resolve()
      })
      child.once('close', (code) => reject(new Error(`a process ended with ${String(code)}`)))
      child.send('start')
    }
  })
  await Promise.all(children.map(stop))
  expect(published.filter((name) => name !== 'stopped').toSorted()).toEqual(names.toSorted())
})

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close')
  child.send('stop')
  await ended
}
