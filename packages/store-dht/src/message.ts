import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import {
  encodeProtobuf,
  nextField,
  openProtobuf,
  readBytes,
  skipField,
  writeBytes
} from '@recordkit/record-codec/protobuf'
import { limits } from '@recordkit/record-types'

/** What is read of Kademlia's `Message`: the fields that answer a `PUT_VALUE`. */
export interface DhtMessage {
  readonly key?: Uint8Array
  readonly record?: { readonly key: Uint8Array; readonly value: Uint8Array }
}

/**
 * Kademlia's `Message` of type `PUT_VALUE`, which is 0 and so not written.
 *
 * @see libp2p kad-dht specification, "RPC messages"
 */
export function putValueMessage(key: Uint8Array, value: Uint8Array): Uint8Array {
  const record = encodeRecord({ key, value })
  return encodeProtobuf((_message, out, offset) => writeBytes(out, writeBytes(out, offset, 2, key), 3, record), {})
}

/** Reads what a peer answers. @throws RecordError `TOO_LARGE`, `PROTOBUF_…` */
export function decodeMessage(bytes: Uint8Array): DhtMessage {
  const reader = openProtobuf(bytes, limits.dhtMessage, 'DHT message')
  let key: Uint8Array | undefined
  let record: Uint8Array | undefined
  for (let field; (field = nextField(reader)) > 0;) {
    if (field === 2) key = readBytes(reader)
    else if (field === 3) record = readBytes(reader)
    else skipField(reader)
  }
  return {
    ...(key === undefined ? {} : { key }),
    ...(record === undefined ? {} : { record: decodeRecord(record, { limit: limits.dhtMessage }) })
  }
}
