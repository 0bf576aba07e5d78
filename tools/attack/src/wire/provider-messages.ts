import { encodeUvarint } from '@recordkit/record-codec'
import { writeFields } from '@recordkit/record-codec/protobuf'
import type { PeerId } from '@recordkit/record-types'
import { messageTypes } from '@recordkit/record-test-network'
import type { Random } from '../random.ts'

export interface NamedProvider {
  readonly id: PeerId
  readonly addresses: readonly Uint8Array[]
}

/** A Kademlia message that names providers, with its length prefix. */
export function providersMessage(
  type: 'ADD_PROVIDER' | 'GET_PROVIDERS',
  key: Uint8Array,
  providers: readonly NamedProvider[]
): Uint8Array {
  const named = providers.flatMap(({ id, addresses }) => [
    74,
    writeFields([10, id, ...addresses.flatMap((address) => [18, address])])
  ])
  const body = writeFields([8, messageTypes.indexOf(type), 18, key, ...named])
  const length = encodeUvarint(BigInt(body.length))
  const bytes = new Uint8Array(length.length + body.length)
  bytes.set(length)
  bytes.set(body, length.length)
  return bytes
}

/** A different address of this size: a DNS name. */
export function addressOf(random: Random, size: number): Uint8Array {
  // the code of dns4, the length of the name in two bytes, the name
  const name = Uint8Array.from({ length: size - 3 }, () => 0x61 + random.below(26))
  return Uint8Array.of(0x36, (name.length & 127) | 128, name.length >> 7, ...name)
}

/** The multihash of some content, and the ID of some peer with an RSA key. */
export function multihashOf(random: Random): Uint8Array {
  return Uint8Array.of(0x12, 0x20, ...random.bytes(32))
}
