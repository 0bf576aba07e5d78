import { importRecords, RecordManager } from '@recordkit/record-manager'
import type { ImportRefusal } from '@recordkit/record-manager'
import { isRecordError } from '@recordkit/record-types'
import { MemoryRecordStore } from '@recordkit/store-memory'
import type { InspectContext, Inspection } from './inspection.ts'
import { accepted, ignored, keyText } from './inspection.ts'

const header = new TextEncoder().encode('recordkit-records ')
/** refused items that are listed */
const maxListed = 20

/** Whether bytes begin as an archive does. */
export function isArchive(bytes: Uint8Array): boolean {
  return bytes.length >= header.length && header.every((byte, index) => bytes[index] === byte)
}

/** Explains an archive: it is imported into a store in memory, which verifies every record. */
export async function inspectArchive(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { engine }: InspectContext
): Promise<Inspection> {
  const unbounded = Number.POSITIVE_INFINITY
  const store = new MemoryRecordStore({
    maxRecords: unbounded,
    maxBytes: unbounded,
    maxMarks: unbounded,
    maxRecordsPerAuthor: unbounded,
    maxRecordsPerGroup: unbounded
  })
  const manager = new RecordManager({ engine, store })
  const refused: ImportRefusal[] = []
  let count = 0
  let size = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      size += chunk.length
      yield chunk
    }
  }
  const onRefused = (refusal: ImportRefusal): void => {
    if (count++ < maxListed) refused.push(refusal)
  }
  const list = (): object[] =>
    refused.map(({ offset, code, message, key }) => ({
      offset,
      code,
      message,
      key: key === undefined ? null : keyText(key)
    }))
  try {
    const result = await importRecords(manager, counted(), { marks: true, publications: true, onRefused })
    const { records, marks, publications, skipped } = result
    const verdict = count === 0 ? accepted : ignored('ARCHIVE_INVALID', `${count} items are damaged or refused`)
    return {
      kind: 'archive',
      records,
      marks,
      publications,
      skipped,
      refused: count,
      items: list(),
      size,
      ...verdict
    }
  } catch (error) {
    if (!isRecordError(error, 'ARCHIVE_INVALID')) throw error
    return {
      kind: 'archive',
      refused: count,
      items: list(),
      status: 'reject',
      code: error.code,
      message: error.message
    }
  } finally {
    await manager.close()
  }
}
