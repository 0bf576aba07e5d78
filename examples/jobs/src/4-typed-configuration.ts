import { loadOrCreateSigner } from '@recordkit/record-crypto/key-files'
import { createRecordManager } from '@recordkit/record-manager/quick'
import { ownerInKey, signed } from '@recordkit/record-validators'
import { LevelRecordStore } from '@recordkit/store-level'
import { ClassicLevel } from 'classic-level'
import * as v from 'valibot'

const config = signed('config', { authors: ownerInKey(), schema: v.object({ colour: v.string() }) })

/** @returns the colour that the last run stored, if there was one */
export async function setColour(folder: string, colour: string): Promise<string | undefined> {
  const store = await LevelRecordStore.open(new ClassicLevel(`${folder}/records`), { closeDatabase: true })
  await using manager = await createRecordManager({
    namespaces: [config],
    signer: await loadOrCreateSigner(`${folder}/author.key`),
    store
  })
  const mine = manager.namespace(config)
  const before = await mine.get('app')
  await mine.put('app', { colour })
  return before?.content.colour
}
