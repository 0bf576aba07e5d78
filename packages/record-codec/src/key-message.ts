import type { KeyType } from '@recordkit/record-types'
import { checkBytes } from './throw-record-error.ts'
import { keyTypeOf, numberOf } from './key-type.ts'
import { readBytes } from './field-offsets.ts'
import { readFields, readUint32 } from './protobuf-reader.ts'
import type { ProtobufFields } from './protobuf-reader.ts'
import type { ProtobufValue } from './protobuf-writer.ts'

/** The fields of both protobuf `PublicKey` and `PrivateKey`. */
export interface KeyMessage {
  readonly type: KeyType
  readonly data: Uint8Array
}

const tags: readonly number[] = [8, 18]
const typeField = 0
const dataField = 1

/**
 * Reads the fields of a key message. An absent field is `undefined`.
 *
 * @param read - `readFields` or `readFieldsLeniently`
 */
export function readKey(
  bytes: Uint8Array,
  limit: number,
  what: string,
  read: (bytes: Uint8Array, limit: number, what: string, tags: readonly number[]) => ProtobufFields = readFields
): { readonly type: KeyType | undefined; readonly data: Uint8Array | undefined; readonly ordered: boolean } {
  const fields = read(bytes, limit, what, tags)
  const number = readUint32(fields, typeField)
  return {
    type: number === undefined ? undefined : keyTypeOf(number),
    data: readBytes(fields, dataField),
    ordered: fields.ordered
  }
}

/** The fields of a key message, for `writeFields`. Both are always written, also a type of 0. */
export function keyFields({ type, data }: KeyMessage): readonly ProtobufValue[] {
  checkBytes(data, 'key data')
  return [8, numberOf(type), 18, data]
}
