import { checkCount } from '@recordkit/record-codec/internal'
import { limits, RecordError } from '@recordkit/record-types'
import { checkOptions, checkPart, nameOf, printable } from '@recordkit/record-types/internal'
import type { OptionNames } from '@recordkit/record-types/internal'
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
  checkOptions(given, { key: 0, value: 0 }, 'limits')
  const { key = limits.key, value = defaultValue } = given
  checkCount(key, 'limits.key')
  checkCount(value, 'limits.value')
  return { key, value }
}

/** The names of the options of most namespaces. */
export const namespaceNames: OptionNames<NamespaceOptions> = { algorithms: 0, limits: 0 }

/** @throws RecordError `INVALID_ARGUMENT` unless `name` can be the first part of a key, or is empty: the name of a fallback */
export function checkNamespaceOptions<Options extends object>(
  name: string,
  options: Options,
  names: OptionNames<NoInfer<Options>>
): void {
  if (typeof name !== 'string' || name.includes('/'))
    throw new RecordError(
      'INVALID_ARGUMENT',
      `the namespace name is ${typeof name === 'string' ? `"${printable(name)}"` : nameOf(name)}; text without a slash, such as "config", is expected`
    )
  checkOptions(options, names)
}

/** @throws RecordError `INVALID_ARGUMENT` for an object that is not a namespace */
export function checkInnerNamespace(namespace: unknown): void {
  const hint = typeof namespace === 'function' ? ', the result of the function,' : ''
  checkPart(namespace, 'namespace', ['parse', 'verify'], `a namespace such as ipns() or signed('config', …)${hint}`)
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
