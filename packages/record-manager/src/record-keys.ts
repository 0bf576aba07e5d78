import { parseRecordKey } from '@recordkit/record-codec'
import { copyBytes, RecordError } from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'

/** Reads keys as callers pass them. The results are bytes of their own: the caller may change its bytes while a call waits. */
export class RecordKeys {
  readonly #engine: ValidationEngine

  constructor(engine: ValidationEngine) {
    this.#engine = engine
  }

  /** A record key, in the form that the records of its namespace have. */
  parse(key: string | Uint8Array): Uint8Array {
    return this.#engine.parseKey(typeof key === 'string' ? key : copyBytes(parseRecordKey(key)))
  }

  /** As `parse`; there can be records under the key. @throws RecordError `NAMESPACE_UNKNOWN`, `RECORD_KEY_INVALID` when there cannot be any */
  known(key: string | Uint8Array): Uint8Array {
    const parsed = this.parse(key)
    this.assertKnown(parsed)
    return parsed
  }

  /** As `parse`, without a check of bytes: a peer may ask for any key, and a store may contain those of an earlier configuration. */
  stored(key: string | Uint8Array): Uint8Array {
    return typeof key === 'string' ? this.parse(key) : copyBytes(parseRecordKey(key))
  }

  /** A prefix as text may end anywhere before or within the path, and is read as a key where it has a path. */
  prefix(prefix: string | Uint8Array): Uint8Array {
    const isPath = typeof prefix === 'string' && /^\/[^/]+\/./.test(prefix)
    return isPath ? this.#engine.parseKey(prefix) : copyBytes(parseRecordKey(prefix))
  }

  /** As `prefix`; there can be records that begin with it. @throws RecordError as `known` */
  knownPrefix(prefix: string | Uint8Array): Uint8Array {
    const parsed = this.prefix(prefix)
    // it names a namespace: `/name/`
    if (parsed.indexOf(0x2f, 1) > 0) this.assertKnown(parsed)
    return parsed
  }

  /** @throws RecordError `NAMESPACE_UNKNOWN`, `RECORD_KEY_INVALID` for a key that this manager neither reads nor writes */
  assertKnown(key: Uint8Array): void {
    const namespace = this.#engine.namespaceOf(key)
    if ('status' in namespace) throw new RecordError(namespace.code, namespace.message, { key, cause: namespace.cause })
  }
}
