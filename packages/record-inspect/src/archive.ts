import { importRecords, RecordManager } from '@recordkit/record-manager'
import type { ImportRefusal } from '@recordkit/record-manager'
import { isRecordError } from '@recordkit/record-types'
import { MemoryRecordStore } from '@recordkit/store-memory'
import type { InspectContext, Inspection } from './inspection.ts'
import { accepted, ignored, keyText } from './inspection.ts'

/** refused items that are listed */
const maxListed = 20

/**
 * Explains an archive: it is imported into a store in memory, which verifies every record. An archive that is damaged is an inspection
 * with the code `ARCHIVE_INVALID`.
 *
 * @param chunks - the bytes of the archive, which may be larger than the memory
 * @throws the error of `chunks`
 * @example
 * ```ts
 * const { records, status } = await inspectArchive([bytes], { engine: createEngine(), now: systemClock() })
 * ```
 */
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
