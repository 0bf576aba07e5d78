import { joinRecordKey, parseRecordKey, splitRecordKey } from '@recordkit/record-codec'
import { isRecordError, RecordError } from '@recordkit/record-types'
import type { Namespace, Refusal } from '@recordkit/record-types'
import { checkBytes, checkPart, mapKey, nameOf, printable } from '@recordkit/record-types/internal'
import { ignore, refusalOf, reject } from './refusal.ts'

/** Finds the namespace of a record by its key. The methods are those of the engine. */
export class NamespaceTable {
  readonly #byName: ReadonlyMap<string, Namespace>
  readonly #fallback: Namespace | undefined

  /** @throws RecordError `INVALID_ARGUMENT` */
  constructor(namespaces: readonly Namespace[], fallback: Namespace | undefined) {
    this.#byName = namespacesByName(namespaces)
    if (fallback !== undefined) checkNamespace(fallback, 'fallback')
    this.#fallback = fallback
  }

  /** The namespaces in the order in which they were passed, without the fallback. */
  get all(): readonly Namespace[] {
    return [...this.#byName.values()]
  }

  findNamespace(key: Uint8Array, value: Uint8Array): Namespace | Refusal {
    checkBytes(key, 'record key', 0, Number.POSITIVE_INFINITY)
    checkBytes(value, 'record value', 0, Number.POSITIVE_INFINITY)
    const namespace = this.namespaceOf(key)
    if ('status' in namespace) return namespace
    const { limits, name } = namespace
    if (key.length > limits.key)
      return ignore(
        'KEY_TOO_LARGE',
        `record key is ${key.length} bytes; the limit of ${name || 'its namespace'} is ${limits.key}`
      )
    return tooLarge(namespace, value) ?? namespace
  }

  namespaceOf(key: Uint8Array): Namespace | Refusal {
    try {
      const { namespace } = splitRecordKey(key)
      const found = this.#byName.get(mapKey(namespace)) ?? this.#fallback
      if (found !== undefined) return found
      const name = new TextDecoder().decode(namespace.subarray(0, 64))
      return ignore(
        'NAMESPACE_UNKNOWN',
        `the namespace "${printable(name)}" is unknown; expected one of: ${this.all.map((known) => known.name).join(', ') || 'none, because the engine has no namespaces'}`
      )
    } catch (error) {
      return this.#fallback ?? refusalOf(error)
    }
  }

  parseKey(key: string | Uint8Array): Uint8Array {
    const bytes = parseRecordKey(key)
    const namespace = this.namespaceOf(bytes)
    if ('status' in namespace || namespace.parsePath === undefined) return bytes
    try {
      const { namespace: name, path } = splitRecordKey(bytes)
      return joinRecordKey(name, namespace.parsePath(typeof key === 'string' ? new TextDecoder().decode(path) : path))
    } catch (cause) {
      if (!isRecordError(cause)) throw cause
      const shown = typeof key === 'string' ? `"${printable(key)}"` : `a key of ${key.length} bytes`
      throw new RecordError(
        'RECORD_KEY_INVALID',
        `${shown} is not a record key of ${namespace.name}: ${cause.message}`,
        { cause, key: bytes }
      )
    }
  }
}

function namespacesByName(namespaces: readonly Namespace[]): Map<string, Namespace> {
  const encoder = new TextEncoder()
  const byName = new Map<string, Namespace>()
  if (!Array.isArray(namespaces))
    throw new RecordError(
      'INVALID_ARGUMENT',
      `namespaces is ${nameOf(namespaces)}; an array such as [ipns(), publicKeys()] is expected`
    )
  for (const [index, namespace] of (namespaces as readonly Namespace[]).entries()) {
    checkNamespace(namespace, `namespaces[${index}]`)
    const name = mapKey(encoder.encode(namespace.name))
    if (typeof namespace.name !== 'string' || namespace.name === '' || namespace.name.includes('/')) {
      const given = typeof namespace.name === 'string' ? `"${namespace.name}"` : nameOf(namespace.name)
      throw new RecordError(
        'INVALID_ARGUMENT',
        `the namespace name is ${given}; a name that is not empty and has no slash is expected`
      )
    }
    if (byName.has(name)) throw new RecordError('INVALID_ARGUMENT', `namespace "${namespace.name}" is passed twice`)
    byName.set(name, namespace)
  }
  return byName
}

/** @throws RecordError `INVALID_ARGUMENT` */
function checkNamespace(namespace: Namespace, name: string): void {
  const hint = typeof namespace === 'function' ? 'the result of the function' : 'with `parse` and `verify`'
  checkPart(namespace, name, ['parse', 'verify'], `a namespace such as ipns() or signed('config', …), ${hint},`)
  if (typeof namespace.limits?.key !== 'number' || typeof namespace.limits.value !== 'number')
    throw new RecordError(
      'INVALID_ARGUMENT',
      `${name} has no limits; { key, value }, the maximum sizes in bytes, is expected`
    )
}

/** Refuses a value that is larger than its namespace allows. */
export function tooLarge({ limits, name, specifiedSize }: Namespace, { length }: Uint8Array): Refusal | undefined {
  if (length <= limits.value) return undefined
  if (specifiedSize !== undefined && length > specifiedSize)
    return reject(
      'RECORD_TOO_LARGE',
      `record value is ${length} bytes; the specification of ${name} allows ${specifiedSize}`
    )
  return ignore(
    'VALUE_TOO_LARGE',
    `record value is ${length} bytes; the limit of ${name || 'its namespace'} is ${limits.value}`
  )
}
