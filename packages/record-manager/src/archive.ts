import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import { RecordError, signalOf } from '@recordkit/record-types'
import type { AbortOptions } from '@recordkit/record-types'
import type { Outcome } from './outcome.ts'
import type { RecordManager } from './record-manager.ts'
import type { RecordView } from './record-view.ts'

/** What a file of records begins with: a name, a version, a line feed. */
const head = 'recordkit-records 1\n'
/** A record of the largest key and value fits in. */
const maxRecord = 1_048_576

/**
 * A file of records, in chunks: the head, then each libp2p `Record` behind its length, 4 bytes big-endian.
 *
 * @param records - `manager.list(prefix)`, or some of it
 */
export async function* exportRecords(
  records: AsyncIterable<Pick<RecordView, 'key' | 'bytes' | 'timeReceived'>>
): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(head)
  for await (const { key, bytes, timeReceived } of records) {
    const record = encodeRecord({ key, value: bytes, timeReceived })
    const chunk = new Uint8Array(4 + record.length)
    new DataView(chunk.buffer).setUint32(0, record.length)
    chunk.set(record, 4)
    yield chunk
  }
}

/**
 * Takes the records of a file, each as if somebody handed it over, however it comes cut into chunks.
 *
 * @returns how many there were of each outcome
 * @throws RecordError `ARCHIVE_INVALID` when it is no such file, or ends too early, with what stood before taken; a
 * record's own decoding error
 */
export async function importRecords(
  manager: Pick<RecordManager, 'receive'>,
  file: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: AbortOptions = {}
): Promise<Partial<Record<Outcome['outcome'], number>>> {
  const counts: Partial<Record<Outcome['outcome'], number>> = {}
  for await (const { key, value } of readArchive(file)) {
    const { outcome } = await manager.receive(key, value, signalOf(options))
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  return counts
}

/** Key and value of every record in a file. Nothing in it is believed yet. */
async function* readArchive(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
): AsyncGenerator<{ key: Uint8Array; value: Uint8Array }> {
  let waiting: Uint8Array = new Uint8Array(0)
  let started = false
  for await (const chunk of chunks) {
    waiting = join(waiting, chunk)
    if (!started) {
      if (waiting.length < head.length) continue
      if (new TextDecoder().decode(waiting.subarray(0, head.length)) !== head)
        failArchive('it does not begin as a file of records')
      waiting = waiting.subarray(head.length)
      started = true
    }
    for (let size = sizeOf(waiting); size !== undefined && waiting.length >= 4 + size; size = sizeOf(waiting)) {
      const { key, value } = decodeRecord(waiting.slice(4, 4 + size), { limit: maxRecord })
      waiting = waiting.subarray(4 + size)
      yield { key, value }
    }
  }
  if (!started || waiting.length > 0) failArchive('it ends too early')
}

function sizeOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < 4) return undefined
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  return size <= maxRecord ? size : failArchive(`a record of ${size} bytes is in it; at most ${maxRecord} are read`)
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}

function failArchive(why: string): never {
  throw new RecordError('ARCHIVE_INVALID', `this is no file of records: ${why}`)
}
