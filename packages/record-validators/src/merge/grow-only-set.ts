import { readFields, readRepeatedBytes, writeFields } from '@recordkit/record-codec/protobuf'
import { compareBytes } from '@recordkit/record-types'
import type { NamespaceLimits } from '@recordkit/record-types'
import { orderFromSequence } from '../sequence-order.ts'
import type { SealingNamespace } from '../namespace.ts'
import { limitsOf } from '../options.ts'
import { refusalOf, reject } from '../refusal.ts'

/** The elements in byte order, each once. */
export type GrowOnlySet = readonly Uint8Array[]

/**
 * A namespace of sets that only grow, `/name/…`. Two values of a key are merged into their union, and `put` adds its content
 * as one element. Values are encoded as `message Set { repeated bytes elements = 1; }`, the elements in byte order. The sets
 * are unsigned: anyone can add elements, and elements cannot be removed.
 *
 * @example
 * ```ts
 * const engine = new ValidationEngine([growOnlySet('tags')])
 * await manager.put('/tags/article', new TextEncoder().encode('libp2p'))
 * ```
 */
export function growOnlySet(
  name: string,
  options: { readonly limits?: Partial<NamespaceLimits> | undefined } = {}
): SealingNamespace<GrowOnlySet> & Required<Pick<SealingNamespace<GrowOnlySet>, 'merge'>> {
  const limits = limitsOf(options.limits)
  return {
    name,
    limits,
    parse(key, value) {
      try {
        const fields = decodeGrowOnlySet(value, limits.value)
        if (!isSorted(fields))
          return reject('CONTENT_INVALID', 'the elements of the set are not in byte order, or one appears twice')
        return { key, value, order: orderFromSequence(BigInt(fields.length)), fields }
      } catch (error) {
        return refusalOf(error)
      }
    },
    verify: () => ({ status: 'accept' }),
    merge: (a, b) => encodeGrowOnlySet(union(a.fields, b.fields)),
    seal({ content, previous }) {
      return encodeGrowOnlySet(
        union(previous === undefined ? [] : decodeGrowOnlySet(previous, limits.value), [content])
      )
    }
  }
}

/**
 * Decodes the elements of a set.
 *
 * @param limit - maximum size of `bytes`
 * @throws RecordError `PROTOBUF_…`, `TOO_LARGE`
 * @example
 * ```ts
 * const elements = decodeGrowOnlySet(await manager.get('/tags/article'), 65_536)
 * ```
 */
export function decodeGrowOnlySet(bytes: Uint8Array, limit: number): GrowOnlySet {
  return readRepeatedBytes(readFields(bytes, limit, 'set', [10], true), 0)
}

function encodeGrowOnlySet(elements: GrowOnlySet): Uint8Array {
  return writeFields(elements.flatMap((element) => [10, element]))
}

function union(a: GrowOnlySet, b: GrowOnlySet): GrowOnlySet {
  const all = [...a, ...b].sort(compareBytes)
  return all.filter((element, index) => index === 0 || compareBytes(all[index - 1] as Uint8Array, element) !== 0)
}

function isSorted(elements: GrowOnlySet): boolean {
  return elements.every((element, index) => index === 0 || compareBytes(elements[index - 1] as Uint8Array, element) < 0)
}
