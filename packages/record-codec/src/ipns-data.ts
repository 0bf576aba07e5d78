import { byteString, cborKey, readCborFields, unsignedInteger } from './cbor-reader.ts'
import type { CborFields } from './cbor-reader.ts'
import { throwRecordError } from './throw-record-error.ts'

// Indices of the entries, which are in the canonical order of their keys.
export const ttlEntry = 0
export const valueEntry = 1
export const sequenceEntry = 2
export const validityEntry = 3
export const validityTypeEntry = 4

const names: readonly string[] = ['TTL', 'Value', 'Sequence', 'Validity', 'ValidityType']
const types: readonly number[] = [unsignedInteger, byteString, unsignedInteger, byteString, unsignedInteger]
const keys: readonly (readonly number[])[] = /* @__PURE__ */ names.map(cborKey)

/**
 * Locates the entries of the map that an IPNS record signs. All but the TTL are required.
 *
 * @throws RecordError `CBOR_…`, `IPNS_FIELD_…`, `IPNS_NUMBER_RANGE`
 */
export function findIpnsData(data: Uint8Array): CborFields {
  const fields = readCborFields(data, keys, types)
  const { offsets, mistyped } = fields
  for (let index = 0; index < names.length; index++) {
    const type = types[index]!
    const missing = offsets[2 * index] === undefined && index !== ttlEntry
    if (missing || mistyped === index) {
      throwRecordError(
        missing ? 'IPNS_FIELD_MISSING' : 'IPNS_FIELD_TYPE',
        `IPNS ${names[index]} must be ${type === byteString ? 'bytes' : 'an integer'}`
      )
    }
    if (type === unsignedInteger && offsets[2 * index + 1]! < 0) {
      throwRecordError('IPNS_NUMBER_RANGE', `IPNS ${names[index]} is not from 0 to 2^63 - 1`)
    }
  }
  return fields
}
