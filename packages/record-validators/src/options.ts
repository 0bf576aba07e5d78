import { limits } from '@recordkit/record-types'
import type {
  AlgorithmVerifyOptions,
  NamespaceLimits,
  NamespaceOptions,
  ValidationContext
} from '@recordkit/record-types'

/** The size limits of a namespace: the defaults, replaced by those that the application passed. */
export function limitsOf(
  { key = limits.key, value }: Partial<NamespaceLimits> = {},
  defaultValue: number = limits.value
): NamespaceLimits {
  return { key, value: value ?? defaultValue }
}

/** The options for verifying a signature: the algorithms of the namespace, and the signal and threads of the context. */
export function verifyingOptions(
  { algorithms }: NamespaceOptions,
  { signal, threads }: ValidationContext
): AlgorithmVerifyOptions & Pick<NamespaceOptions, 'algorithms'> {
  return { algorithms, signal, threads }
}
