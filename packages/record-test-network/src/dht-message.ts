import { encodeRecord, encodeUvarint } from '@recordkit/record-codec'
import { readBytes, readFields, readUint32, writeFields } from '@recordkit/record-codec/protobuf'
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
export interface DhtMessage {
  readonly type: number
  readonly key: Uint8Array
  /** the protobuf `Record`, as it is */
  readonly record?: Uint8Array | undefined
}

/** Encodes a message with its length before it, as it stands on a stream. */
export function encodeDhtMessage({ type, key, record }: DhtMessage): Uint8Array {
  const body = writeFields([8, type, 18, key, 26, record])
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

function decodeKademliaMessage(bytes: Uint8Array): DhtMessage {
  const fields = readFields(bytes, limits.dhtMessage, 'DHT message', [8, 18, 26])
  const record = readBytes(fields, 2)
  return {
    type: readUint32(fields, 0) ?? 0,
    key: readBytes(fields, 1) ?? new Uint8Array(0),
    record
  }
}

/** The messages that come in on a stream, until it ends. Larger ones than a DHT reads end it. */
export async function* readKademliaMessages(
  stream: AsyncIterable<Uint8Array | { subarray(): Uint8Array }>
): AsyncGenerator<DhtMessage> {
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
