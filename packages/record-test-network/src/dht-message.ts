import { encodeRecord, encodeUvarint } from '@recordkit/record-codec'
import { readBytes, readFieldsLeniently, readUint32, writeFields } from '@recordkit/record-codec/protobuf'
import { limits } from '@recordkit/record-types'

/** The types of the Kademlia `Message`, by the names in the specification. */
export const messageTypes: readonly string[] = [
  'PUT_VALUE',
  'GET_VALUE',
  'ADD_PROVIDER',
  'GET_PROVIDERS',
  'FIND_NODE',
  'PING'
]

/** The fields of a Kademlia `Message` that malicious peers use. */
export interface DhtMessage {
  /** index in {@link messageTypes} */
  readonly type: number
  readonly key: Uint8Array
  /** the encoded protobuf `Record` */
  readonly record?: Uint8Array | undefined
  /** peers that are closer to the key */
  readonly closer?: readonly NamedPeer[] | undefined
}

/** A peer as another one names it. */
export interface NamedPeer {
  /** the bytes of its peer ID */
  readonly id: Uint8Array
  /** binary multiaddrs */
  readonly addresses: readonly Uint8Array[]
}

/**
 * Encodes a message with its length prefix.
 *
 * @example
 * ```ts
 * stream.send(encodeDhtMessage({ type: messageTypes.indexOf('GET_VALUE'), key }))
 * ```
 */
export function encodeDhtMessage({ type, key, record, closer = [] }: DhtMessage): Uint8Array {
  const peers = closer.map(({ id, addresses }) =>
    writeFields([10, id, ...addresses.flatMap((address) => [18, address])])
  )
  const body = writeFields([8, type, 18, key, 26, record, ...peers.flatMap((peer) => [66, peer])])
  const length = encodeUvarint(BigInt(body.length))
  const bytes = new Uint8Array(length.length + body.length)
  bytes.set(length)
  bytes.set(body, length.length)
  return bytes
}

/**
 * Encodes a record as a DHT node sends it.
 *
 * @param timeReceived - ns since the Unix epoch
 * @example
 * ```ts
 * const record = answeredRecord(key, value, systemClock())
 * ```
 */
export function answeredRecord(key: Uint8Array, value: Uint8Array, timeReceived: bigint): Uint8Array {
  return encodeRecord({ key, value, timeReceived })
}

function decodeKademliaMessage(bytes: Uint8Array): DhtMessage {
  const fields = readFieldsLeniently(bytes, limits.dhtMessage, 'DHT message', [8, 18, 26])
  const record = readBytes(fields, 2)
  return {
    type: readUint32(fields, 0) ?? 0,
    key: readBytes(fields, 1) ?? new Uint8Array(0),
    record
  }
}

/** Reads the messages of a stream until it ends. A message above the size limit of DHTs ends the iteration. */
export async function* readKademliaMessages(
  stream: AsyncIterable<Uint8Array | { subarray(): Uint8Array }>
): AsyncGenerator<DhtMessage> {
  let buffer: Uint8Array = new Uint8Array(0)
  for await (const chunk of stream) {
    const bytes = chunk.subarray()
    const joined = new Uint8Array(buffer.length + bytes.length)
    joined.set(buffer)
    joined.set(bytes, buffer.length)
    buffer = joined
    for (;;) {
      const frame = frameOf(buffer)
      if (frame === undefined) break
      if (frame.end - frame.start > limits.dhtMessage) return
      if (buffer.length < frame.end) break
      yield decodeKademliaMessage(buffer.subarray(frame.start, frame.end))
      buffer = buffer.subarray(frame.end)
    }
  }
}

/** The position of the first message, or `undefined` when its length prefix is incomplete. */
function frameOf(bytes: Uint8Array): { readonly start: number; readonly end: number } | undefined {
  let length = 0
  for (let index = 0, scale = 1; index < Math.min(bytes.length, 5); index++, scale *= 128) {
    const byte = bytes[index] as number
    length += (byte & 127) * scale
    if (byte < 128) return { start: index + 1, end: index + 1 + length }
  }
  return undefined
}
