// Publishes the records of a shared database when its parent says so, and reports each publication. One of several such processes.
import { DatabaseSync } from 'node:sqlite'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { RecordManager, replication } from '@recordkit/record-manager'
import type { RecordNetwork } from '@recordkit/record-types'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { SqliteRecordStore } from '@recordkit/store-sqlite'

const [, , path = ''] = process.argv

const network: RecordNetwork = {
  get: async () => undefined,
  put: async (key) => {
    process.send?.(new TextDecoder().decode(key))
    return { copies: { requested: 1, reached: 1 }, peers: [] }
  }
}

async function open(): Promise<RecordManager> {
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(7))
  const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })])
  const store = await SqliteRecordStore.open(new DatabaseSync(path))
  return new RecordManager({ engine, store, signer, network: replication(network) })
}

const manager = await open()
process.on('message', (message) => {
  if (message === 'start') void manager.start()
  else void manager.close().then(() => process.send?.('stopped', () => process.disconnect()))
})
process.send?.('ready')
