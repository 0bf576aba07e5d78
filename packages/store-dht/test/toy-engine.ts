import { compareBytes } from '@recordkit/record-types'
import type { Namespace, RecordEngine, Refusal, UnverifiedRecord, VerifiedRecord } from '@recordkit/record-types'

/**
 * An engine for values of two or more bytes: an order, then `g` for a valid or `b` for an invalid signature. Shorter values
 * cannot be decoded. Counts verifications. The namespace `ipns` has a quorum of 16, the namespace `toy` has none, and other
 * namespaces are unknown.
 */
export class ToyEngine implements RecordEngine {
  verified = 0

  parse(key: Uint8Array, value: Uint8Array): UnverifiedRecord | Refusal {
    if (value.length < 2) return { status: 'reject', code: 'CONTENT_INVALID', message: 'too short' }
    return { key, value, order: value.subarray(0, 1), fields: undefined }
  }

  rank({ value }: UnverifiedRecord): Uint8Array {
    return value
  }

  compare(a: UnverifiedRecord, b: UnverifiedRecord): number {
    return compareBytes(this.rank(a), this.rank(b))
  }

  namespaceOf(key: Uint8Array): Namespace | Refusal {
    const [empty, name, path] = new TextDecoder().decode(key).split('/')
    const known = empty === '' && path !== undefined
    if (known && name === 'toy') return { name } as Namespace
    return { status: 'ignore', code: 'NAMESPACE_UNKNOWN', message: 'unknown namespace' }
  }

  verify(record: UnverifiedRecord): VerifiedRecord | Refusal {
    this.verified++
    return record.value[1] === 0x67
      ? { ...record, status: 'accept' }
      : { status: 'reject', code: 'SIGNATURE_INVALID', message: 'forged' }
  }
}

/** What the engine makes of a valid value. */
export function verified(value: Uint8Array): VerifiedRecord {
  return { key, value, order: value.subarray(0, 1), fields: undefined, status: 'accept' }
}

export const good = (rank: number): Uint8Array => Uint8Array.of(rank, 0x67)
export const forged = (rank: number): Uint8Array => Uint8Array.of(rank, 0x62)
export const peer = (number: number): Uint8Array => Uint8Array.of(0, 1, number)
export const key: Uint8Array = /* @__PURE__ */ new TextEncoder().encode('/toy/x')
