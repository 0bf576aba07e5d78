// Sends single DHT messages to one peer, without a query: shows what that peer stores and serves.
import type { Libp2p } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import type { DhtRecord } from '@recordkit/record-codec'
import { readBytes, readFields, readRepeatedBytes, writeFields } from '@recordkit/record-codec/protobuf'
import { limits } from '@recordkit/record-types'

const putValue = 0
const getValue = 1
const getProviders = 3

function message(type: number, key: Uint8Array, record?: Uint8Array): Uint8Array {
  return writeFields([8, type, 18, key, 26, record])
}

/** The used fields of a DHT message. */
interface Response {
  readonly record?: DhtRecord | undefined
  readonly providers: Uint8Array[]
}

function read(bytes: Uint8Array): Response {
  const fields = readFields(bytes, limits.dhtMessage, 'DHT message', [26, 74], true)
  const record = readBytes(fields, 0)
  return {
    providers: readRepeatedBytes(fields, 1).map(idOf),
    record: record === undefined ? undefined : decodeRecord(record)
  }
}

/** The `id` of a `Peer` in a DHT message. */
function idOf(peer: Uint8Array): Uint8Array {
  const fields = readFields(peer, limits.dhtMessage, 'peer of a DHT message', [10])
  return new Uint8Array(readBytes(fields, 0) ?? [])
}

export class RawDht {
  readonly #from: Libp2p
  readonly #address: string
  readonly #protocol: string

  constructor(from: Libp2p, address: string, protocol: string) {
    this.#from = from
    this.#address = address
    this.#protocol = protocol
  }

  /** The record that the peer stores under `key`. */
  async get(key: Uint8Array): Promise<DhtRecord | undefined> {
    return (await this.#request(message(getValue, key)))?.record
  }

  /** Whether the peer acknowledged the value; a peer that refuses it ends the stream. */
  async put(key: Uint8Array, value: Uint8Array): Promise<boolean> {
    try {
      return (await this.#request(message(putValue, key, encodeRecord({ key, value })))) !== undefined
    } catch {
      return false
    }
  }

  async providers(multihash: Uint8Array): Promise<readonly Uint8Array[]> {
    return (await this.#request(message(getProviders, multihash)))?.providers ?? []
  }

  async #request(request: Uint8Array): Promise<Response | undefined> {
    const signal = AbortSignal.timeout(10_000)
    const stream = await this.#from.dialProtocol(multiaddr(this.#address), this.#protocol, { signal })
    try {
      const framed = lpStream(stream)
      await framed.write(request, { signal })
      const answer = await framed.read({ signal })
      return read(answer.subarray())
    } finally {
      stream.abort(new Error('the request is done'))
    }
  }
}
