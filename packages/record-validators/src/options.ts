import { checkCount } from '@recordkit/record-codec/internal'
import { limits, RecordError } from '@recordkit/record-types'
import { checkObject, nameOf, printable } from '@recordkit/record-types/internal'
import type {
  AlgorithmVerifyOptions,
  AuthorPolicy,
  NamespaceLimitOptions,
  NamespaceLimits,
  NamespaceOptions,
  ValidationContext
} from '@recordkit/record-types'

/**
 * The size limits of a namespace: the defaults, replaced by those that the application passed.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the limit
 */
export function limitsOf(given: NamespaceLimitOptions = {}, defaultValue: number = limits.value): NamespaceLimits {
  const { key = limits.key, value = defaultValue } = given
  checkCount(key, 'limits.key')
  checkCount(value, 'limits.value')
  return { key, value }
}

/** @throws RecordError `INVALID_ARGUMENT` unless `name` can be the first part of a key, or is empty: the name of a fallback */
export function checkNamespaceOptions(name: string, options: object): void {
  if (typeof name !== 'string' || name.includes('/'))
    throw new RecordError(
      'INVALID_ARGUMENT',
      `the namespace name is ${typeof name === 'string' ? `"${printable(name)}"` : nameOf(name)}; text without a slash, such as "config", is expected`
    )
  checkObject(options)
}

/** @throws RecordError `INVALID_ARGUMENT` when `policy` cannot check an author */
export function checkPolicy(policy: AuthorPolicy | undefined, name: string): asserts policy is AuthorPolicy {
  if (typeof policy?.check === 'function') return
  throw new RecordError(
    'INVALID_ARGUMENT',
    `${name} is ${nameOf(policy)}; a policy such as ownerInKey() is expected${typeof policy === 'function' ? ': call the function' : ''}`
  )
}

/** The options for verifying a signature: the algorithms of the namespace, and the signal and threads of the context. */
export function verifyingOptions(
  { algorithms }: NamespaceOptions,
  { signal, threads }: ValidationContext
): AlgorithmVerifyOptions & Pick<NamespaceOptions, 'algorithms'> {
  return { algorithms, signal, threads }
}
