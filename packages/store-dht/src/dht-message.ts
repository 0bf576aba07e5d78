import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import { readBytes, readFieldsLeniently, writeFields } from '@recordkit/record-codec/protobuf'
import { limits } from '@recordkit/record-types'

/** The fields of a kad-dht `Message` that answer a `PUT_VALUE` or `GET_VALUE`. */
export interface DhtMessage {
  readonly key?: Uint8Array | undefined
  readonly record?: { readonly key: Uint8Array; readonly value: Uint8Array } | undefined
}

/**
 * Encodes a kad-dht `Message` of type `PUT_VALUE`. The type is 0, and so not written.
 *
 * @see libp2p kad-dht specification, "RPC messages"
 */
export function putValueMessage(key: Uint8Array, value: Uint8Array): Uint8Array {
  const record = encodeRecord({ key, value })
  return writeFields([18, key, 26, record])
}

/** Encodes a kad-dht `Message` of type `GET_VALUE`. @see libp2p kad-dht specification, "RPC messages" */
export function getValueMessage(key: Uint8Array): Uint8Array {
  return writeFields([8, 1, 18, key])
}

/** Decodes the response of a peer. @throws RecordError `TOO_LARGE`, `PROTOBUF_…` */
export function decodeMessage(bytes: Uint8Array): DhtMessage {
  const fields = readFieldsLeniently(bytes, limits.dhtMessage, 'DHT message', [18, 26])
  const key = readBytes(fields, 0)
  const record = readBytes(fields, 1)
  return { key, record: record === undefined ? undefined : decodeRecord(record, { limit: limits.dhtMessage }) }
}
