import type { KeyType } from '@recordkit/record-types'
import { throwRecordError } from './throw-record-error.ts'

/** By their numbers in the peer-ids specification. */
const keyTypes: readonly KeyType[] = ['RSA', 'Ed25519', 'Secp256k1', 'ECDSA']

/** @throws RecordError `KEY_TYPE_UNKNOWN` */
export function keyTypeOf(number: number): KeyType {
  return (
    keyTypes[number] ?? throwRecordError('KEY_TYPE_UNKNOWN', `key type ${number} is none of ${keyTypes.join(', ')}`)
  )
}

/** @throws RecordError `KEY_TYPE_UNKNOWN` */
export function numberOf(type: KeyType): number {
  const number = keyTypes.indexOf(type)
  return number < 0 ? throwRecordError('KEY_TYPE_UNKNOWN', `key type is none of ${keyTypes.join(', ')}`) : number
}
