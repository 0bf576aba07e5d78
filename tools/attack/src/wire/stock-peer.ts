import { generateKeyPair, privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { decodeRecord } from '@recordkit/record-codec'
import { readBytes, readFieldsLeniently } from '@recordkit/record-codec/protobuf'
import { exportPrivateKey } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { createTestNode, encodeDhtMessage, messageTypes } from '@recordkit/record-test-network'
import { limits } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import { protocol, putMessage } from '../field-network.ts'

/** ms in which a node must answer */
const timeout = 10_000

/** A libp2p node with a key of its own that sends Kademlia messages to other nodes, as stock nodes do. */
export class StockPeer implements AsyncDisposable {
  readonly libp2p: Libp2p
  readonly id: PeerId

  private constructor(libp2p: Libp2p) {
    this.libp2p = libp2p
    this.id = libp2p.peerId.toMultihash().bytes
  }

  /** @param key - @default a new key */
  static async start(key?: KeyPair | PrivateKey): Promise<StockPeer> {
    const privateKey = key === undefined ? await newKey() : 'peerId' in key ? toLibp2p(key) : key
    // identify would exchange addresses, which no message of this peer needs
    const configure: NonNullable<Parameters<typeof createTestNode>[0]>['configure'] = (options) => ({
      ...options,
      addresses: { listen: [] },
      services: {}
    })
    return new StockPeer(await createTestNode({ privateKey, configure }))
  }

  /** Sends PUT_VALUE. @returns whether the node acknowledged it */
  async put(node: readonly Multiaddr[], key: Uint8Array, value: Uint8Array): Promise<boolean> {
    return (await this.request(node, putMessage(key, key, value))) !== undefined
  }

  /** Sends GET_VALUE. @returns the value in the answer */
  async get(node: readonly Multiaddr[], key: Uint8Array): Promise<Uint8Array | undefined> {
    const answer = await this.request(node, encodeDhtMessage({ type: messageTypes.indexOf('GET_VALUE'), key }))
    if (answer === undefined) return undefined
    const record = readBytes(readFieldsLeniently(answer, limits.dhtMessage, 'DHT message', [26]), 0)
    return record === undefined ? undefined : decodeRecord(record).value
  }

  /** Sends a message that has no answer. @returns whether the node received it, and reset neither stream nor connection */
  async send(node: readonly Multiaddr[], message: Uint8Array): Promise<boolean> {
    try {
      const stream = await this.#open(node)
      stream.send(message)
      await stream.close({ signal: AbortSignal.timeout(timeout) })
      return true
    } catch {
      return false
    }
  }

  /** Sends a message on a stream of its own. @returns the answer; `undefined` when the stream was reset */
  async request(node: readonly Multiaddr[], message: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      const stream = await this.#open(node)
      try {
        stream.send(message)
        const chunks: number[] = []
        for await (const chunk of stream) {
          chunks.push(...chunk.subarray())
          const answer = bodyOf(chunks)
          if (answer !== undefined) return answer
        }
        return undefined
      } finally {
        stream.abort(new Error('done'))
      }
    } catch {
      return undefined
    }
  }

  async #open(node: readonly Multiaddr[]): ReturnType<Libp2p['dialProtocol']> {
    return this.libp2p.dialProtocol([...node], protocol, { signal: AbortSignal.timeout(timeout) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.libp2p.stop()
  }
}

export async function newKey(): Promise<PrivateKey> {
  return generateKeyPair('Ed25519')
}

export function toLibp2p(pair: KeyPair): PrivateKey {
  return privateKeyFromProtobuf(exportPrivateKey(pair))
}

/** The bytes of a message without its length prefix; `undefined` while they are incomplete. */
export function bodyOf(chunks: readonly number[]): Uint8Array | undefined {
  let length = 0
  for (let index = 0; index < Math.min(5, chunks.length); index++) {
    const byte = chunks[index] as number
    length += (byte & 127) * 128 ** index
    if (byte >= 128) continue
    const end = index + 1 + length
    return chunks.length < end ? undefined : Uint8Array.from(chunks.slice(index + 1, end))
  }
  return undefined
}
