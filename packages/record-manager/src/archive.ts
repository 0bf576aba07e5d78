import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import { RecordError } from '@recordkit/record-types'
import type { AbortOptions } from '@recordkit/record-types'
import type { RecordManager } from './record-manager.ts'
import type { ReceiveResult } from './receive-result.ts'
import type { RecordView } from './record-view.ts'

/** The first bytes of an archive: name, version, line feed. */
const header = 'recordkit-records 1\n'
/** Bytes; more than a record with the largest key and value takes. */
const maxRecord = 1_048_576

/**
 * Writes records to an archive. The chunks are the header, then for each record its length in 4 bytes, big-endian, and the
 * record as a libp2p `Record`.
 *
 * @param records - `manager.list(prefix)`, or some of it
 * @example
 * ```ts
 * await pipeline(exportRecords(manager.list()), createWriteStream('records.archive'))
 * ```
 */
export async function* exportRecords(
  records: AsyncIterable<Pick<RecordView, 'key' | 'value' | 'timeReceived'>>
): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(header)
  for await (const { key, value, timeReceived } of records) {
    const record = encodeRecord({ key, value, timeReceived })
    const chunk = new Uint8Array(4 + record.length)
    new DataView(chunk.buffer).setUint32(0, record.length)
    chunk.set(record, 4)
    yield chunk
  }
}

/**
 * Reads an archive and passes each record to `manager.receive`. The records are verified like those of peers. Chunks may have
 * any size.
 *
 * @returns the number of records by status
 * @throws RecordError `ARCHIVE_INVALID` when the file is not an archive or is truncated, after the records before that point
 * were received; the decoding error of a record
 * @example
 * ```ts
 * const counts = await importRecords(manager, createReadStream('records.archive'))
 * console.log(counts.stored ?? 0)
 * ```
 */
export async function importRecords(
  manager: Pick<RecordManager, 'receive'>,
  file: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { signal }: AbortOptions = {}
): Promise<Partial<Record<ReceiveResult['status'], number>>> {
  const counts: Partial<Record<ReceiveResult['status'], number>> = {}
  for await (const { key, value } of readArchive(file)) {
    const { status } = await manager.receive(key, value, { signal })
    counts[status] = (counts[status] ?? 0) + 1
  }
  return counts
}

/** Key and value of every record in an archive, unverified. */
async function* readArchive(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
): AsyncGenerator<{ key: Uint8Array; value: Uint8Array }> {
  let pending: Uint8Array = new Uint8Array(0)
  let started = false
  for await (const chunk of chunks) {
    pending = concat(pending, chunk)
    if (!started) {
      if (pending.length < header.length) continue
      if (new TextDecoder().decode(pending.subarray(0, header.length)) !== header)
        throwArchiveInvalid('it does not begin with the header of an archive')
      pending = pending.subarray(header.length)
      started = true
    }
    for (let size = sizeOf(pending); size !== undefined && pending.length >= 4 + size; size = sizeOf(pending)) {
      const { key, value } = decodeRecord(pending.slice(4, 4 + size), { limit: maxRecord })
      pending = pending.subarray(4 + size)
      yield { key, value }
    }
  }
  if (!started || pending.length > 0) throwArchiveInvalid('it is truncated')
}

function sizeOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < 4) return undefined
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  return size <= maxRecord ? size : throwArchiveInvalid(`a record is ${size} bytes; the limit is ${maxRecord}`)
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}

function throwArchiveInvalid(reason: string): never {
  throw new RecordError('ARCHIVE_INVALID', `the file is not a valid archive of records: ${reason}`)
}
