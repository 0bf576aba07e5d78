import { createRecordManager } from '@recordkit/record-manager/quick'
import type { Namespace } from '@recordkit/record-types'

/** Heights of a chain, `/height/<chain>`: 8 bytes, the highest one wins. Nothing is signed. */
export const heights: Namespace<bigint> = {
  name: 'height',
  limits: { key: 64, value: 8 },
  parse(key, value) {
    if (value.length !== 8)
      return { status: 'ignore', code: 'CONTENT_INVALID', message: `a height has 8 bytes, not ${value.length}` }
    return { key, value, order: value, fields: new DataView(value.buffer, value.byteOffset).getBigUint64(0) }
  },
  verify: () => ({ status: 'accept' }),
  seal: ({ content }) => content
}

export async function highest(...all: readonly number[]): Promise<number | undefined> {
  const manager = await createRecordManager({ namespaces: [heights] })
  for (const height of all)
    await manager.receive(manager.parseKey('/height/main'), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, height))
  const content = await manager.get('/height/main')
  await manager.close()
  return content?.at(-1)
}
