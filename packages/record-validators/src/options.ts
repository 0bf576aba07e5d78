import { limits, RecordError } from '@recordkit/record-types'
import { checkCount, nameOf } from '@recordkit/record-types/internal'
import type {
  AlgorithmVerifyOptions,
  AuthorPolicy,
  NamespaceLimitOptions,
  NamespaceLimits,
  NamespaceOptions,
  ValidationContext
} from '@recordkit/record-types'

/**
 * The size limits of a namespace: the defaults, replaced by those that the application passed. `Infinity` becomes the largest
 * limit of a decoder.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the limit
 */
export function limitsOf(
  { key, value }: NamespaceLimitOptions = {},
  defaultValue: number = limits.value
): NamespaceLimits {
  return {
    key: checkCount(key, 'limits.key', limits.key, 0),
    value: Math.min(checkCount(value, 'limits.value', defaultValue, 0), Number.MAX_SAFE_INTEGER)
  }
}

/** @throws RecordError `INVALID_ARGUMENT` when `policy` cannot check an author */
export function checkPolicy(policy: AuthorPolicy | undefined, name: string): asserts policy is AuthorPolicy {
  if (typeof policy?.check === 'function') return
  throw new RecordError('INVALID_ARGUMENT', `${name} is ${nameOf(policy)}; a policy such as ownerInKey() is expected`)
}

/** The options for verifying a signature: the algorithms of the namespace, and the signal and threads of the context. */
export function verifyingOptions(
  { algorithms }: NamespaceOptions,
  { signal, threads }: ValidationContext
): AlgorithmVerifyOptions & Pick<NamespaceOptions, 'algorithms'> {
  return { algorithms, signal, threads }
}
