import { limitOf } from '@recordkit/record-codec/internal'
import type { DecodeOptions } from '@recordkit/record-codec'
import { writeFields } from '@recordkit/record-codec/protobuf'
import { compareBytes, limits as defaultLimits } from '@recordkit/record-types'
import { checkBytes, checkCount } from '@recordkit/record-types/internal'
import type { NamespaceLimitOptions } from '@recordkit/record-types'
import { orderFromSequence } from '../sequence-order.ts'
import { checkNotRevoked } from '../check-not-revoked.ts'
import type { SealingNamespace } from '../namespace.ts'
import { checkNamespaceOptions, limitsOf } from '../options.ts'
import { ignore, refusalOf } from '../refusal.ts'
import { readEntries } from './read-entries.ts'

/** The elements in byte order, each once. */
export type GrowOnlySet = readonly Uint8Array[]

/** Options of {@link growOnlySet}. */
export interface GrowOnlySetOptions {
  readonly limits?: NamespaceLimitOptions | undefined
  /** maximum number of elements: 4096 take a few ms to merge. A larger set is ignored, also when it results from a merge. @default 4096 */
  readonly maxElements?: number | undefined
}

/**
 * A namespace of sets that only grow, `/name/…`. Two values of a key are merged into their union, and `put` adds its content
 * as one element. Values are encoded as `message Set { repeated bytes elements = 1; }`, the elements in byte order. The sets
 * are unsigned: anyone can add elements, and elements cannot be removed.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 * @example
 * ```ts
 * const engine = new ValidationEngine([growOnlySet('tags')])
 * await manager.put('/tags/article', new TextEncoder().encode('libp2p'))
 * ```
 */
export function growOnlySet(
  name: string,
  options: GrowOnlySetOptions = {}
): SealingNamespace<GrowOnlySet> & Required<Pick<SealingNamespace<GrowOnlySet>, 'merge'>> {
  checkNamespaceOptions(name, options, { limits: 0, maxElements: 0 })
  const limits = limitsOf(options.limits)
  const maxElements = checkCount(options.maxElements, 'maxElements', 4096)
  return {
    name,
    limits,
    parse(key, value) {
      try {
        const fields = readEntries(value, limits.value, 'set', maxElements)
        if (!isSorted(fields))
          return ignore('CONTENT_INVALID', 'the elements of the set are not in byte order, or one appears twice')
        return {
          key,
          value,
          order: orderFromSequence(BigInt(fields.length)),
          signed: () => encodeGrowOnlySet(fields),
          fields
        }
      } catch (error) {
        return refusalOf(error)
      }
    },
    verify: () => ({ status: 'accept' }),
    normalize: (record) => encodeGrowOnlySet(record.fields),
    merge: (a, b) => encodeGrowOnlySet([...a.fields, ...b.fields]),
    seal(draft) {
      checkNotRevoked(draft)
      const { content, previous } = draft
      const elements = previous === undefined ? [] : decodeGrowOnlySet(previous, { limit: limits.value })
      return encodeGrowOnlySet([...elements, content])
    }
  }
}

/**
 * Decodes the elements of a set.
 *
 * @param bytes - at most `options.limit` (64 KiB)
 * @throws RecordError `PROTOBUF_…`, `TOO_LARGE`, `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const elements = decodeGrowOnlySet(await manager.get('/tags/article'))
 * ```
 */
export function decodeGrowOnlySet(bytes: Uint8Array, options?: DecodeOptions): GrowOnlySet {
  return readEntries(bytes, limitOf(options, defaultLimits.value), 'set')
}

/**
 * Encodes elements, in byte order and each once: a value of the namespace {@link growOnlySet}.
 *
 * @throws RecordError `INVALID_ARGUMENT` for an element that is not a `Uint8Array`
 * @example
 * ```ts
 * const value = encodeGrowOnlySet(['libp2p', 'ipfs'].map((tag) => new TextEncoder().encode(tag)))
 * ```
 */
export function encodeGrowOnlySet(elements: GrowOnlySet): Uint8Array<ArrayBuffer> {
  for (const element of elements) checkBytes(element, 'element', 0, Number.POSITIVE_INFINITY)
  const sorted = [...elements].sort(compareBytes)
  const distinct = sorted.filter(
    (element, index) => index === 0 || compareBytes(sorted[index - 1] as Uint8Array, element) !== 0
  )
  return writeFields(distinct.flatMap((element) => [10, element]))
}

function isSorted(elements: GrowOnlySet): boolean {
  return elements.every((element, index) => index === 0 || compareBytes(elements[index - 1] as Uint8Array, element) < 0)
}
