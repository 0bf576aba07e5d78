import type { Namespace, UnverifiedRecord, Refusal, Signer, ValidationContext } from '@recordkit/record-types'
import { isRefusal } from '@recordkit/record-types'
import { check, show } from '../assert.ts'
import type { ConformanceCase } from '../suite.ts'

/** What a namespace or its factory must provide for a case. */
export type NamespaceRequirement = 'bound' | 'ordered' | 'signer' | 'merge'

/** A record that is valid at a given time. */
export interface NamespaceSample {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** ns since the Unix epoch */
  readonly now: bigint
}

/** What the author of a namespace passes to the kit. */
export interface NamespaceFactory {
  readonly name: string
  readonly namespace: Namespace
  /** valid records, at least one */
  readonly samples: readonly NamespaceSample[]
  /** whether a value is valid under its own key only. @default true */
  readonly bound?: boolean | undefined
  /** values under one key in ascending order of their rank; without them the cases of order are skipped */
  readonly ordered?: { readonly key: Uint8Array; readonly values: readonly Uint8Array[] } | undefined
  /** the arguments of `seal`; without them its cases are skipped */
  readonly sealing?:
    | {
        readonly signer: Signer
        readonly key: Uint8Array
        readonly content: Uint8Array
        readonly now: bigint
      }
    | undefined
  /** at least three values under one key for `merge`; without them its cases are skipped */
  readonly merging?: { readonly key: Uint8Array; readonly values: readonly Uint8Array[] } | undefined
  /** further context for `verify`, such as a key book */
  readonly context?: Omit<ValidationContext, 'now'> | undefined
}

export type NamespaceCase = ConformanceCase<NamespaceFactory, NamespaceRequirement>

/** Parses a valid record. @throws Error when the namespace refuses it */
export function parsed(namespace: Namespace, key: Uint8Array, value: Uint8Array): UnverifiedRecord {
  const record: UnverifiedRecord | Refusal = namespace.parse(key, value)
  check(typeof record === 'object' && record !== null, `parse returned ${show(record)}; expected a record or a refusal`)
  if (isRefusal(record)) throw new Error(`a valid record is refused: ${record.code}: ${record.message}`)
  return record
}
