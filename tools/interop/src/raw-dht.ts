// Single DHT messages, sent to one peer and no other: what a peer really stores and serves, past every query logic.
import type { Libp2p } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import type { DhtRecord } from '@recordkit/record-codec'
import {
  nextField,
  openProtobuf,
  readBytes,
  readRepeatedBytes,
  skipField,
  writeBytes
} from '@recordkit/record-codec/protobuf'
import { limits } from '@recordkit/record-types'

const putValue = 0
const getValue = 1
const getProviders = 3

function message(type: number, key: Uint8Array, record?: Uint8Array): Uint8Array {
  const out = new Uint8Array(64 + key.length + (record?.length ?? 0))
  out.set([8, type])
  let end = writeBytes(out, 2, 2, key)
  if (record !== undefined) end = writeBytes(out, end, 3, record)
  return out.subarray(0, end)
}

/** Fields of a DHT message that are read here. */
interface Response {
  record?: DhtRecord
  readonly providers: Uint8Array[]
}

function read(bytes: Uint8Array): Response {
  const reader = openProtobuf(bytes, limits.dhtMessage, 'DHT message')
  const response: Response = { providers: [] }
  while (nextField(reader)) {
    if (reader.field === 3) response.record = decodeRecord(readBytes(reader))
    else if (reader.field === 9) response.providers.push(idOf(readRepeatedBytes(reader)))
    else skipField(reader)
  }
  return response
}

/** The `id` of a DHT message's `Peer`. */
function idOf(peer: Uint8Array): Uint8Array {
  const reader = openProtobuf(peer, limits.dhtMessage, 'peer of a DHT message')
  let id = new Uint8Array()
  while (nextField(reader)) {
    if (reader.field === 1) id = Uint8Array.from(readBytes(reader))
    else skipField(reader)
  }
  return id
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

  /** What the peer itself holds under `key`. */
  async get(key: Uint8Array): Promise<DhtRecord | undefined> {
    return (await this.#ask(message(getValue, key)))?.record
  }

  /** Whether the peer acknowledged the value; one that does not take it ends the stream. */
  async put(key: Uint8Array, value: Uint8Array): Promise<boolean> {
    try {
      return (await this.#ask(message(putValue, key, encodeRecord({ key, value })))) !== undefined
    } catch {
      return false
    }
  }

  async providers(multihash: Uint8Array): Promise<readonly Uint8Array[]> {
    return (await this.#ask(message(getProviders, multihash)))?.providers ?? []
  }

  async #ask(request: Uint8Array): Promise<Response | undefined> {
    const signal = AbortSignal.timeout(10_000)
    const stream = await this.#from.dialProtocol(multiaddr(this.#address), this.#protocol, { signal })
    try {
      const framed = lpStream(stream)
      await framed.write(request, { signal })
      const answer = await framed.read({ signal })
      return read(answer.subarray())
    } finally {
      stream.abort(new Error('asked and answered'))
    }
  }
}
