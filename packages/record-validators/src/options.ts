import { limits, signalOf } from '@recordkit/record-types'
import type { NamespaceLimits, NamespaceOptions, ValidationContext, VerifyingOptions } from '@recordkit/record-types'

/** A namespace's limits: the defaults, narrowed or widened by what the application says. */
export function limitsOf(given: Partial<NamespaceLimits> = {}, value: number = limits.value): NamespaceLimits {
  return { key: given.key ?? limits.key, value: given.value ?? value }
}

/** What a verification of a signature takes of a namespace's options and of its context. */
export function verifyingOptions(
  { algorithms }: NamespaceOptions,
  context: ValidationContext
): VerifyingOptions & Pick<NamespaceOptions, 'algorithms'> {
  const { threads } = context
  return {
    ...signalOf(context),
    ...(algorithms === undefined ? {} : { algorithms }),
    ...(threads === undefined ? {} : { threads })
  }
}
