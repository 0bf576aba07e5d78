import type { Namespace, UnverifiedRecord, Refusal, Signer, ValidationContext } from '@recordkit/record-types'
import { isRefusal } from '@recordkit/record-types'
import type { ConformanceCase } from '../suite.ts'

/** What a case may need of the author of a namespace. */
export type NamespaceRequirement = 'bound' | 'ordered' | 'signer' | 'merge'

/** A record that is good at a time. */
export interface NamespaceSample {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** ns */
  readonly now: bigint
}

/** What the author of a namespace hands to the kit. */
export interface NamespaceFactory {
  readonly name: string
  readonly namespace: Namespace
  /** good records, one at least */
  readonly samples: readonly NamespaceSample[]
  /** a good value is good under its own key only: `false` for namespaces that any key may be used in */
  readonly bound?: boolean | undefined
  /** values under one key, the worst first */
  readonly ordered?: { readonly key: Uint8Array; readonly values: readonly Uint8Array[] } | undefined
  /** for `seal`: who signs, and what */
  readonly sealing?:
    | {
        readonly signer: Signer
        readonly key: Uint8Array
        readonly content: Uint8Array
        readonly now: bigint
      }
    | undefined
  /** values under one key that `merge` is tried on, three at least */
  readonly merging?: { readonly key: Uint8Array; readonly values: readonly Uint8Array[] } | undefined
  /** what `verify` is given beside the time: a key book, say */
  readonly context?: Omit<ValidationContext, 'now'> | undefined
}

export type NamespaceCase = ConformanceCase<NamespaceFactory, NamespaceRequirement>

/** What `parse` makes of a good record. @throws Error when it refuses it */
export function opened(namespace: Namespace, key: Uint8Array, value: Uint8Array): UnverifiedRecord {
  const parsed: UnverifiedRecord | Refusal = namespace.parse(key, value)
  if (isRefusal(parsed)) throw new Error(`a good record is refused: ${parsed.code}: ${parsed.message}`)
  return parsed
}
