import type { KeyType } from '@recordkit/record-types'
import { checkBytes } from './throw-record-error.ts'
import { keyTypeOf, numberOf } from './key-type.ts'
import { readBytes } from './field-offsets.ts'
import { readFields, readUint32 } from './protobuf-reader.ts'
import type { ProtobufValue } from './protobuf-writer.ts'

/** Public and private keys have one shape on the wire. */
export interface KeyMessage {
  readonly type: KeyType
  readonly data: Uint8Array
}

/** Reads both fields of a key message; parts that are absent stay absent. */
export function readKey(
  bytes: Uint8Array,
  limit: number,
  what: string
): Partial<KeyMessage> & { readonly ordered: boolean } {
  const fields = readFields(bytes, limit, what, [8, 18])
  const number = readUint32(fields, 0)
  const data = readBytes(fields, 1)
  return {
    ordered: fields.ordered,
    ...(number !== undefined && { type: keyTypeOf(number) }),
    ...(data !== undefined && { data })
  }
}

/** Both fields are always written. */
export function keyFields({ type, data }: KeyMessage): readonly ProtobufValue[] {
  checkBytes(data, "the key's data")
  return [8, numberOf(type), 18, data]
}
