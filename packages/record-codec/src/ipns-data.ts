import { cborKey, readCborFields } from './cbor-reader.ts'
import type { CborFields } from './cbor-reader.ts'
import { throwRecordError } from './throw-record-error.ts'

/** In canonical order, and whether they are integers (0) or bytes (2). */
const names: readonly string[] = ['TTL', 'Value', 'Sequence', 'Validity', 'ValidityType']
const keys: readonly (readonly number[])[] = /* @__PURE__ */ names.map(cborKey)
const kinds: readonly number[] = [0, 2, 0, 2, 0]

/**
 * Finds the fields of the map that an IPNS record signs: TTL, value, sequence, validity, validity type, of which only
 * the first may be absent.
 *
 * @throws RecordError `CBOR_…`, `IPNS_FIELD_…`, `IPNS_NUMBER_RANGE`
 */
export function findIpnsData(data: Uint8Array): CborFields {
  const fields = readCborFields(data, keys, kinds)
  const { offsets, misfit } = fields
  for (let index = 0; index < names.length; index++) {
    const kind = kinds[index]!
    const missing = offsets[2 * index] === undefined && index > 0
    if (missing || misfit === index) {
      throwRecordError(
        missing ? 'IPNS_FIELD_MISSING' : 'IPNS_FIELD_TYPE',
        `IPNS ${names[index]} must be ${kind > 0 ? 'bytes' : 'an integer'}`
      )
    }
    if (kind === 0 && offsets[2 * index + 1]! < 0) {
      throwRecordError('IPNS_NUMBER_RANGE', `IPNS ${names[index]} is not from 0 to 2^63 - 1`)
    }
  }
  return fields
}
