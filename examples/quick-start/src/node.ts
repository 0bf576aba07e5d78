import { startNode as start } from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import type { KeyPair } from '@recordkit/record-crypto'
import { ipns, ownerInKey, publicKeys, signed } from '@recordkit/record-validators'
import { LevelRecordStore } from '@recordkit/store-level'
import { ClassicLevel } from 'classic-level'

/** Starts a js-libp2p node on loopback that stores its records in a Level database in `folder`. */
export async function startNode(keyPair: KeyPair, folder: string): Promise<Node> {
  const database = new ClassicLevel<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
  const store = await LevelRecordStore.open(database, { durable: true })
  const node = await start({
    keyPair,
    store,
    namespaces: [ipns(), publicKeys(), signed('config', { authors: ownerInKey() })]
  })
  return {
    ...node,
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]()
      await database.close()
    }
  }
}
