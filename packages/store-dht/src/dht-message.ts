import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import { readBytes, readFields, writeFields } from '@recordkit/record-codec/protobuf'
import { limits } from '@recordkit/record-types'

/** What is read of Kademlia's `Message`: the fields that answer a `PUT_VALUE`. */
export interface DhtMessage {
  readonly key?: Uint8Array | undefined
  readonly record?: { readonly key: Uint8Array; readonly value: Uint8Array } | undefined
}

/**
 * Kademlia's `Message` of type `PUT_VALUE`, which is 0 and so not written.
 *
 * @see libp2p kad-dht specification, "RPC messages"
 */
export function putValueMessage(key: Uint8Array, value: Uint8Array): Uint8Array {
  const record = encodeRecord({ key, value })
  return writeFields([18, key, 26, record])
}

/** Reads what a peer answers. @throws RecordError `TOO_LARGE`, `PROTOBUF_…` */
export function decodeMessage(bytes: Uint8Array): DhtMessage {
  const fields = readFields(bytes, limits.dhtMessage, 'DHT message', [18, 26])
  const key = readBytes(fields, 0)
  const record = readBytes(fields, 1)
  return {
    key,
    ...(record === undefined ? {} : { record: decodeRecord(record, { limit: limits.dhtMessage }) })
  }
}
