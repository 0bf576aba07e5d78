import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import { RecordError } from '@recordkit/record-types'
import type { AbortOptions } from '@recordkit/record-types'
import { ByteQueue, isBytes, nameOf, takeUntilAborted } from '@recordkit/record-types/internal'
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
 * any size. The import ends when `signal` aborts, also while it waits for the file.
 *
 * @returns the number of records by status
 * @throws RecordError `ARCHIVE_INVALID` when the file is not an archive or is truncated, after the records before that point
 * were received; the decoding error of a record; `INVALID_ARGUMENT` for a chunk that is not a `Uint8Array`; the reason of the signal
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
  signal?.throwIfAborted()
  for await (const { key, value } of readArchive(file, signal)) {
    const { status } = await manager.receive(key, value, { signal })
    counts[status] = (counts[status] ?? 0) + 1
  }
  return counts
}

/** Key and value of every record in an archive, unverified. */
async function* readArchive(
  file: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal | undefined
): AsyncGenerator<{ key: Uint8Array; value: Uint8Array }> {
  const pending = new ByteQueue()
  let started = false
  /** bytes of the next record, when its length has arrived */
  let size: number | undefined
  for await (const chunk of signal === undefined ? file : takeUntilAborted(file, signal)) {
    if (!isBytes(chunk))
      throw new RecordError('INVALID_ARGUMENT', `a chunk of the file is ${nameOf(chunk)}; a Uint8Array is expected`)
    pending.push(chunk)
    if (!started) {
      const start = pending.take(header.length)
      if (start === undefined) continue
      if (new TextDecoder().decode(start) !== header)
        throwArchiveInvalid('it does not begin with the header of an archive')
      started = true
    }
    for (;;) {
      size ??= sizeIn(pending.take(4))
      const record = size === undefined ? undefined : pending.take(size)
      if (record === undefined) break
      size = undefined
      const { key, value } = decodeRecord(record, { limit: maxRecord })
      yield { key, value }
    }
  }
  signal?.throwIfAborted()
  if (!started || size !== undefined || pending.length > 0) throwArchiveInvalid('it is truncated')
}

function sizeIn(bytes: Uint8Array | undefined): number | undefined {
  if (bytes === undefined) return undefined
  const size = new DataView(bytes.buffer).getUint32(0)
  return size <= maxRecord ? size : throwArchiveInvalid(`a record is ${size} bytes; the limit is ${maxRecord}`)
}

function throwArchiveInvalid(reason: string): never {
  throw new RecordError('ARCHIVE_INVALID', `the file is not a valid archive of records: ${reason}`)
}
