import { limits } from '@recordkit/record-types'
import type { NamespaceLimits, NamespaceOptions } from '@recordkit/record-types'

/** A namespace's limits: the defaults, narrowed or widened by what the application says. */
export function limitsOf(given: Partial<NamespaceLimits> = {}, value: number = limits.value): NamespaceLimits {
  return { key: given.key ?? limits.key, value: given.value ?? value }
}

/** The `algorithms` option to hand on, when there is one. */
export function algorithmsOf({ algorithms }: NamespaceOptions): Pick<NamespaceOptions, 'algorithms'> {
  return algorithms === undefined ? {} : { algorithms }
}
