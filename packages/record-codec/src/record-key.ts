import { printable } from '@recordkit/record-types/internal'
import { checkBytes, throwRecordError } from './throw-record-error.ts'
import { encodeText } from './text.ts'

const slash = 0x2f

/** The parts of a record key, as views of it. */
export interface RecordKeyParts {
  /** not empty, without slashes */
  readonly namespace: Uint8Array
  /** any bytes, including slashes; may be empty */
  readonly path: Uint8Array
}

/**
 * Splits `/namespace/path`: one leading slash, then the namespace up to the next slash; the path is the rest.
 *
 * @throws RecordError `RECORD_KEY_INVALID`
 * @see go-libp2p-record, `SplitKey`
 * @example
 * ```ts
 * const { namespace, path } = splitRecordKey(record.key)
 * ```
 */
export function splitRecordKey(key: Uint8Array): RecordKeyParts {
  checkBytes(key, 'record key')
  const end = key[0] === slash ? key.indexOf(slash, 1) : 0
  if (end < 2) throwRecordError('RECORD_KEY_INVALID', `record key "${shown(key)}" is not /namespace/path`)
  return { namespace: key.subarray(1, end), path: key.subarray(end + 1) }
}

/**
 * Returns `/namespace/path`. Text is encoded as UTF-8.
 *
 * @throws RecordError `RECORD_KEY_INVALID` when the namespace is empty or contains a slash; `TEXT_INVALID`
 * @example
 * ```ts
 * const key = joinRecordKey('config', 'greeting')
 * ```
 */
export function joinRecordKey(namespace: string | Uint8Array, path: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const name = parseRecordKey(namespace)
  const rest = parseRecordKey(path)
  if (name.length === 0 || name.includes(slash)) {
    throwRecordError('RECORD_KEY_INVALID', 'namespace is empty or contains a slash')
  }
  const key = new Uint8Array(name.length + rest.length + 2)
  key[0] = slash
  key.set(name, 1)
  key[name.length + 1] = slash
  key.set(rest, name.length + 2)
  return key
}

/**
 * Returns a record key as bytes: encodes text as UTF-8, and returns bytes as they are. Only this function turns text
 * into keys.
 *
 * @throws RecordError `TEXT_INVALID` for half a surrogate pair; `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const key = parseRecordKey('/config/greeting')
 * ```
 */
export function parseRecordKey(key: string | Uint8Array): Uint8Array {
  if (typeof key === 'string') return encodeText(key)
  checkBytes(key, 'key')
  return key
}

/** The beginning of a key as text, for a message. */
function shown(key: Uint8Array): string {
  return printable(new TextDecoder().decode(key.subarray(0, 80)))
}
