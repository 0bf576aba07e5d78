import { checkBytes, throwRecordError } from './throw-record-error.ts'
import { encodeText } from './text.ts'

const slash = 0x2f

/** A record key in its two parts, as views on it. */
export interface RecordKeyParts {
  /** not empty, without slashes */
  readonly namespace: Uint8Array
  /** any bytes, slashes too; may be empty */
  readonly path: Uint8Array
}

/**
 * Splits `/namespace/path`. One leading slash; the namespace runs to the next one; the path is the rest.
 *
 * @throws RecordError `RECORD_KEY_INVALID`
 * @see go-libp2p-record, `SplitKey`
 */
export function splitRecordKey(key: Uint8Array): RecordKeyParts {
  checkBytes(key, 'record key')
  const end = key[0] === slash ? key.indexOf(slash, 1) : 0
  if (end < 2) throwRecordError('RECORD_KEY_INVALID', 'record key is not /namespace/path')
  return { namespace: key.subarray(1, end), path: key.subarray(end + 1) }
}

/**
 * `/namespace/path`; text is UTF-8 encoded.
 *
 * @throws RecordError `RECORD_KEY_INVALID` when the namespace is empty or holds a slash; `TEXT_INVALID`
 */
export function joinRecordKey(namespace: string | Uint8Array, path: string | Uint8Array): Uint8Array {
  const name = parseRecordKey(namespace)
  const rest = parseRecordKey(path)
  if (name.length === 0 || name.includes(slash)) {
    throwRecordError('RECORD_KEY_INVALID', 'namespace is empty or holds a slash')
  }
  const key = new Uint8Array(name.length + rest.length + 2)
  key[0] = slash
  key.set(name, 1)
  key[name.length + 1] = slash
  key.set(rest, name.length + 2)
  return key
}

/**
 * A key as bytes: text is UTF-8 encoded, here and nowhere below; bytes are handed back as they are.
 *
 * @throws RecordError `TEXT_INVALID` for half a surrogate pair; `INVALID_ARGUMENT` for anything else
 */
export function parseRecordKey(key: string | Uint8Array): Uint8Array {
  if (typeof key === 'string') return encodeText(key)
  checkBytes(key, 'key')
  return key
}
