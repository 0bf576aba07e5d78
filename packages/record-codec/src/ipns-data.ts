import { decodeCborMap } from './cbor-reader.ts'
import type { CborValue } from './cbor-value.ts'
import { fail } from './fail.ts'

/** The signed map of an IPNS record, read but for its times. Bytes are views on it. */
export interface IpnsFields {
  readonly value: Uint8Array
  readonly validityType: bigint
  readonly validityBytes: Uint8Array
  readonly sequence: bigint
  readonly ttl: bigint | undefined
  readonly extra: ReadonlyMap<string, CborValue>
}

/** Reads the map that an IPNS record signs. @throws RecordError `CBOR_…`, `IPNS_FIELD_…`, `IPNS_NUMBER_RANGE` */
export function readIpnsData(data: Uint8Array): IpnsFields {
  const extra = decodeCborMap(data)
  const take = (name: string): CborValue => {
    const value = extra.get(name)
    if (value === undefined) fail('IPNS_FIELD_MISSING', `IPNS data has no ${name}`)
    extra.delete(name)
    return value
  }
  const takeBytes = (name: string): Uint8Array => {
    const value = take(name)
    return value instanceof Uint8Array ? value : fail('IPNS_FIELD_TYPE', `IPNS ${name} is not bytes`)
  }
  const takeNumber = (name: string): bigint => {
    const value = take(name)
    if (typeof value !== 'bigint') fail('IPNS_FIELD_TYPE', `IPNS ${name} is not an integer`)
    if (BigInt.asUintN(63, value) !== value) fail('IPNS_NUMBER_RANGE', `IPNS ${name} is not from 0 to 2^63 - 1`)
    return value
  }
  return {
    value: takeBytes('Value'),
    validityBytes: takeBytes('Validity'),
    validityType: takeNumber('ValidityType'),
    sequence: takeNumber('Sequence'),
    ttl: extra.has('TTL') ? takeNumber('TTL') : undefined,
    extra
  }
}
