import type { KeyType } from '@recordkit/record-types'
import { keyTypeOf, numberOf } from './key-type.ts'
import { nextField, openProtobuf, readBytes, readUint32, skipField } from './protobuf-reader.ts'
import { writeBytes, writeUint32 } from './protobuf-writer.ts'

/** Public and private keys have one shape on the wire. Parts that are absent stay absent. */
export interface KeyMessage {
  readonly type: KeyType
  readonly data: Uint8Array
}

/** Reads both fields of a key message, in any order. */
export function readKey(bytes: Uint8Array, limit: number, what: string): Partial<KeyMessage> {
  const reader = openProtobuf(bytes, limit, what)
  const key: { type?: KeyType; data?: Uint8Array } = {}
  while (nextField(reader)) {
    if (reader.field === 1) key.type = keyTypeOf(readUint32(reader))
    else if (reader.field === 2) key.data = readBytes(reader)
    else skipField(reader)
  }
  return key
}

/** Both fields are always written. */
export function writeKey({ type, data }: KeyMessage, out: Uint8Array | undefined, offset: number): number {
  return writeBytes(out, writeUint32(out, offset, 1, numberOf(type)), 2, data)
}
