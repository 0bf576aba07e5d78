import { readFields, repeatedBytesOf, writeFields } from '@recordkit/record-codec/protobuf'
import { compareBytes } from '@recordkit/record-types'
import type { NamespaceLimits } from '@recordkit/record-types'
import { sequenceRank } from '../by-sequence.ts'
import type { SealingNamespace } from '../namespace.ts'
import { limitsOf } from '../options.ts'
import { refusalOf, reject } from '../refusal.ts'

/** Elements in byte order, each once. */
export type GrowOnlySet = readonly Uint8Array[]

/**
 * A set that only grows, under `/name/…`: two are merged into their union. `message Set { repeated bytes elements = 1; }`,
 * the elements in byte order. Unsigned: anyone can add anything, and nobody can take away. `put` adds one element.
 */
export function growOnlySet(
  name: string,
  options: { readonly limits?: Partial<NamespaceLimits> } = {}
): SealingNamespace<GrowOnlySet> & Required<Pick<SealingNamespace<GrowOnlySet>, 'merge'>> {
  const limits = limitsOf(options.limits)
  return {
    name,
    limits,
    parse(key, value) {
      try {
        const payload = decodeSet(value, limits.value)
        if (!isSorted(payload)) return reject('CONTENT_INVALID', 'the elements of a set stand in byte order, each once')
        return { key, value, rank: sequenceRank(BigInt(payload.length)), payload }
      } catch (error) {
        return refusalOf(error)
      }
    },
    verify: () => ({ verdict: 'accept' }),
    merge: (a, b) => encodeSet(union(a.payload, b.payload)),
    seal({ content, previous }) {
      return encodeSet(union(previous === undefined ? [] : decodeSet(previous, limits.value), [content]))
    }
  }
}

/** Reads the elements of a set. @throws RecordError `PROTOBUF_…`, `TOO_LARGE` */
export function decodeSet(bytes: Uint8Array, limit: number): GrowOnlySet {
  return repeatedBytesOf(readFields(bytes, limit, 'set', [10], true), 0)
}

function encodeSet(elements: GrowOnlySet): Uint8Array {
  return writeFields(elements.flatMap((element) => [10, element]))
}

function union(a: GrowOnlySet, b: GrowOnlySet): GrowOnlySet {
  const all = [...a, ...b].sort(compareBytes)
  return all.filter((element, index) => index === 0 || compareBytes(all[index - 1] as Uint8Array, element) !== 0)
}

function isSorted(elements: GrowOnlySet): boolean {
  return elements.every((element, index) => index === 0 || compareBytes(elements[index - 1] as Uint8Array, element) < 0)
}
