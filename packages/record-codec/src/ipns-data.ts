import { readCborMap } from './cbor-reader.ts'
import type { CborValue } from './cbor-value.ts'
import { fail } from './fail.ts'

/** The signed map of an IPNS record, read but for its times. Bytes are views on it. */
export interface IpnsFields {
  readonly value: Uint8Array
  readonly validityType: bigint
  readonly validityBytes: Uint8Array
  readonly sequence: bigint
  readonly ttl: bigint | undefined
  readonly extra: ReadonlyMap<string, CborValue> | undefined
}

/** In canonical order. */
const names: readonly string[] = ['TTL', 'Value', 'Sequence', 'Validity', 'ValidityType']

/** Reads the map that an IPNS record signs. @throws RecordError `CBOR_…`, `IPNS_FIELD_…`, `IPNS_NUMBER_RANGE` */
export function readIpnsData(data: Uint8Array): IpnsFields {
  const values: (CborValue | undefined)[] = []
  const extra = readCborMap(data, names, values)
  return {
    value: checkedBytes(values, 1),
    validityBytes: checkedBytes(values, 3),
    validityType: checkedNumber(values, 4),
    sequence: checkedNumber(values, 2),
    ttl: values[0] === undefined ? undefined : checkedNumber(values, 0),
    extra
  }
}

function checkedBytes(values: readonly (CborValue | undefined)[], index: number): Uint8Array {
  const value = values[index]
  return value instanceof Uint8Array ? value : failField(value, index, 'bytes')
}

function checkedNumber(values: readonly (CborValue | undefined)[], index: number): bigint {
  const value = values[index]
  if (typeof value !== 'bigint') failField(value, index, 'an integer')
  if (BigInt.asUintN(63, value) !== value) fail('IPNS_NUMBER_RANGE', `IPNS ${names[index]} is not from 0 to 2^63 - 1`)
  return value
}

function failField(value: CborValue | undefined, index: number, kind: string): never {
  fail(value === undefined ? 'IPNS_FIELD_MISSING' : 'IPNS_FIELD_TYPE', `IPNS ${names[index]} must be ${kind}`)
}
