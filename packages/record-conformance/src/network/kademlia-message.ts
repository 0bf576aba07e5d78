import { encodeRecord, encodeUvarint } from '@recordkit/record-codec'
import {
  encodeProtobuf,
  nextField,
  openProtobuf,
  readBytes,
  readUint32,
  skipField,
  writeBytes,
  writeUint32
} from '@recordkit/record-codec/protobuf'
import { limits } from '@recordkit/record-types'

/** The types of Kademlia's `Message`, by the specification's names. */
export const messageTypes: readonly string[] = [
  'PUT_VALUE',
  'GET_VALUE',
  'ADD_PROVIDER',
  'GET_PROVIDERS',
  'FIND_NODE',
  'PING'
]

/** What a hostile peer reads and writes of Kademlia's `Message`. */
export interface KademliaMessage {
  readonly type: number
  readonly key: Uint8Array
  /** the protobuf `Record`, as it is */
  readonly record?: Uint8Array
}

/** Encodes a message with its length before it, as it stands on a stream. */
export function encodeKademliaMessage({ type, key, record }: KademliaMessage): Uint8Array {
  const body = encodeProtobuf((_message, out, offset) => {
    let end = writeBytes(out, writeUint32(out, offset, 1, type), 2, key)
    if (record !== undefined) end = writeBytes(out, end, 3, record)
    return end
  }, {})
  const length = encodeUvarint(BigInt(body.length))
  const bytes = new Uint8Array(length.length + body.length)
  bytes.set(length)
  bytes.set(body, length.length)
  return bytes
}

/** A record as a DHT node answers with it: received just now. */
export function answeredRecord(key: Uint8Array, value: Uint8Array, timeReceived: bigint): Uint8Array {
  return encodeRecord({ key, value, timeReceived })
}

function decodeKademliaMessage(bytes: Uint8Array): KademliaMessage {
  const reader = openProtobuf(bytes, limits.dhtMessage, 'DHT message')
  let type = 0
  let key: Uint8Array = new Uint8Array(0)
  let record: Uint8Array | undefined
  for (let field; (field = nextField(reader)) > 0;) {
    if (field === 1) type = readUint32(reader)
    else if (field === 2) key = readBytes(reader)
    else if (field === 3) record = readBytes(reader)
    else skipField(reader)
  }
  return { type, key, ...(record === undefined ? {} : { record }) }
}

/** The messages that come in on a stream, until it ends. Larger ones than a DHT reads end it. */
export async function* readKademliaMessages(
  stream: AsyncIterable<Uint8Array | { subarray(): Uint8Array }>
): AsyncGenerator<KademliaMessage> {
  let held: Uint8Array = new Uint8Array(0)
  for await (const chunk of stream) {
    const bytes = chunk.subarray()
    const joined = new Uint8Array(held.length + bytes.length)
    joined.set(held)
    joined.set(bytes, held.length)
    held = joined
    for (;;) {
      const frame = frameOf(held)
      if (frame === undefined) break
      if (frame.end - frame.start > limits.dhtMessage) return
      if (held.length < frame.end) break
      yield decodeKademliaMessage(held.subarray(frame.start, frame.end))
      held = held.subarray(frame.end)
    }
  }
}

function frameOf(bytes: Uint8Array): { readonly start: number; readonly end: number } | undefined {
  let length = 0
  for (let index = 0, scale = 1; index < Math.min(bytes.length, 5); index++, scale *= 128) {
    const byte = bytes[index] as number
    length += (byte & 127) * scale
    if (byte < 128) return { start: index + 1, end: index + 1 + length }
  }
  return undefined
}
