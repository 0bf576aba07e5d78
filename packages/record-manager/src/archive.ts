import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import { RecordError } from '@recordkit/record-types'
import type { StoredRecord } from '@recordkit/record-types'

/** What a file of records begins with: a name, a version, a line feed. */
const head = 'recordkit-records 1\n'
/** A record of the largest key and value fits in. */
const maxRecord = 1_048_576

/** A file of records: the head, then each libp2p `Record` behind its length, 4 bytes big-endian. */
export async function* writeArchive(records: AsyncIterable<StoredRecord>): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(head)
  for await (const { key, value, timeReceived } of records) {
    const record = encodeRecord({ key, value, timeReceived })
    const bytes = new Uint8Array(4 + record.length)
    new DataView(bytes.buffer).setUint32(0, record.length)
    bytes.set(record, 4)
    yield bytes
  }
}

/**
 * Key and value of every record in a file, however it comes cut into chunks. Nothing in it is believed yet.
 *
 * @throws RecordError `ARCHIVE_INVALID` when it is no such file, or ends too early; a record's own decoding error
 */
export async function* readArchive(
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
