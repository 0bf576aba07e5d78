import type { RecordManager } from '@recordkit/record-manager'

/** Puts a height. A lower one than the stored height is refused: `put` throws `STALE`. */
export async function putHeight(manager: RecordManager, height: bigint): Promise<void> {
  const content = new Uint8Array(8)
  new DataView(content.buffer).setBigUint64(0, height)
  const { status, record } = await manager.put('/height/main', content)
  console.log(status, record.content) // `record` has the value that `seal` made
}
