// Puts records under one key when its parent says so, and reports their sequences. One of several processes that share a database.
import { DatabaseSync } from 'node:sqlite'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { RecordManager } from '@recordkit/record-manager'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { SqliteRecordStore } from '@recordkit/store-sqlite'

const [, , path = '', name = '', puts = ''] = process.argv

async function put(): Promise<string[]> {
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(7))
  const key = joinRecordKey('config', `${ipnsNameToString(signer.peerId)}/app`)
  const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })])
  const manager = new RecordManager({ engine, store: await SqliteRecordStore.open(new DatabaseSync(path)), signer })
  try {
    const sequences: string[] = []
    for (let number = 0; number < Number(puts); number++) {
      const { record } = await manager.put(key, new TextEncoder().encode(`${name} ${number}`))
      sequences.push(String(record.sequence))
    }
    return sequences
  } finally {
    await manager.close()
  }
}

async function putAndReport(): Promise<void> {
  const result = await put().catch((error: unknown) => String(error))
  process.send?.(result, () => process.disconnect())
}

process.once('message', () => void putAndReport())
process.send?.('ready')
