import { parseRecordKey } from '@recordkit/record-codec'
import { copyBytes, RecordError } from '@recordkit/record-types'
import { isBytes, nameOf } from '@recordkit/record-types/internal'
import type { ValidationEngine } from '@recordkit/record-validators'

/** Reads keys as callers pass them. The results are bytes of their own: the caller may change its bytes while a call waits. */
export class RecordKeys {
  readonly #engine: ValidationEngine

  constructor(engine: ValidationEngine) {
    this.#engine = engine
  }

  /** A record key, in the form that the records of its namespace have. */
  parse(key: string | Uint8Array): Uint8Array {
    checkText(key, 'key')
    return this.#engine.parseKey(typeof key === 'string' ? key : copyBytes(key))
  }

  /** As `parse`; there can be records under the key. @throws RecordError `NAMESPACE_UNKNOWN`, `RECORD_KEY_INVALID` when there cannot be any */
  known(key: string | Uint8Array): Uint8Array {
    const parsed = this.parse(key)
    this.assertKnown(parsed)
    return parsed
  }

  /** As `parse`, without a check of bytes: a peer may ask for any key, and a store may contain those of an earlier configuration. */
  stored(key: string | Uint8Array): Uint8Array {
    checkText(key, 'key')
    return typeof key === 'string' ? this.parse(key) : copyBytes(key)
  }

  /** A prefix as text may end anywhere before or within the path, and is read as a key where it has a path. */
  prefix(prefix: string | Uint8Array): Uint8Array {
    checkText(prefix, 'prefix')
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
    if (!('status' in namespace)) return
    const { code, message, cause } = namespace
    const hint = code === 'RECORD_KEY_INVALID' ? '; `ipnsRoutingKey(peerId)` makes the key of an IPNS name' : ''
    throw new RecordError(code, message + hint, { key, cause })
  }
}

/** @throws RecordError `INVALID_ARGUMENT` */
function checkText(key: unknown, name: string): asserts key is string | Uint8Array {
  if (typeof key === 'string' || isBytes(key)) return
  throw new RecordError(
    'INVALID_ARGUMENT',
    `${name} is ${nameOf(key)}; text such as "/config/app", or the bytes of a record key such as \`ipnsRoutingKey(peerId)\`, are expected`
  )
}
