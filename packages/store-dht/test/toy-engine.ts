import type { RecordEngine, Refusal, UnverifiedRecord, VerifiedRecord } from '@recordkit/record-types'

/**
 * Values of two or more bytes: a rank, then `g` for a valid or `b` for an invalid signature. Shorter values cannot be
 * decoded. Counts verifications.
 */
export class ToyEngine implements RecordEngine {
  verified = 0

  parse(key: Uint8Array, value: Uint8Array): UnverifiedRecord | Refusal {
    if (value.length < 2) return { status: 'reject', code: 'CONTENT_INVALID', message: 'too short' }
    return { key, value, rank: value.subarray(0, 1), fields: undefined }
  }

  verify(record: UnverifiedRecord): VerifiedRecord | Refusal {
    this.verified++
    return record.value[1] === 0x67
      ? { ...record, status: 'accept' }
      : { status: 'reject', code: 'SIGNATURE_INVALID', message: 'forged' }
  }
}

export const good = (rank: number): Uint8Array => Uint8Array.of(rank, 0x67)
export const forged = (rank: number): Uint8Array => Uint8Array.of(rank, 0x62)
export const peer = (number: number): Uint8Array => Uint8Array.of(0, 1, number)
export const key: Uint8Array = /* @__PURE__ */ new TextEncoder().encode('/toy/x')
