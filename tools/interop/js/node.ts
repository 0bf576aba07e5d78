import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { type SelectFn, type SingleKadDHT, type ValidateFn, kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import type { Datastore } from 'interface-datastore'
import { createLibp2p } from 'libp2p'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'

const rawCodec = 0x55

/** A js-libp2p node on loopback with one kad-dht service in server mode. */
export class DhtNode {
  readonly libp2p: Libp2p<{ dht: SingleKadDHT }>

  private constructor(libp2p: Libp2p<{ dht: SingleKadDHT }>) {
    this.libp2p = libp2p
  }

  static async start(options: {
    protocol: string
    validators: Record<string, ValidateFn>
    selectors: Record<string, SelectFn>
    datastore?: Datastore
  }): Promise<DhtNode> {
    const libp2p = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      ...(options.datastore === undefined ? {} : { datastore: options.datastore }),
      connectionManager: { inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 1000 },
      services: {
        identify: identify(),
        ping: ping(),
        dht: kadDHT({
          protocol: options.protocol,
          peerInfoMapper: passthroughMapper,
          clientMode: false,
          allowQueryWithZeroPeers: true,
          validators: options.validators,
          selectors: options.selectors
        })
      }
    })
    return new DhtNode(libp2p as unknown as Libp2p<{ dht: SingleKadDHT }>)
  }

  get peer(): string {
    return this.libp2p.peerId.toString()
  }

  get addresses(): string[] {
    return this.libp2p.getMultiaddrs().map(String)
  }

  async connect(address: string, signal: AbortSignal): Promise<void> {
    const connection = await this.libp2p.dial(multiaddr(address), { signal })
    await this.#inTable(connection.remotePeer.toString(), signal)
  }

  /** Waits until the peer is in the routing table, so that queries reach it. */
  async #inTable(peer: string, signal: AbortSignal): Promise<void> {
    const table = this.libp2p.services.dht.routingTable as unknown as {
      find(peer: unknown, options: object): Promise<unknown>
    }
    const connection = this.libp2p.getConnections().find((one) => one.remotePeer.toString() === peer)
    while ((await table.find(connection?.remotePeer, { signal })) === undefined) {
      signal.throwIfAborted()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Puts a value and returns the number of peers that stored it. */
  async put(key: Uint8Array, value: Uint8Array, signal: AbortSignal): Promise<number> {
    let stored = 0
    for await (const event of this.libp2p.services.dht.put(key, value, { signal })) {
      if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') stored++
    }
    return stored
  }

  async get(key: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined> {
    let value: Uint8Array | undefined
    try {
      for await (const event of this.libp2p.services.dht.get(key, { signal })) {
        if (event.name === 'VALUE') value = event.value
      }
    } catch (error) {
      if ((error as Error).name !== 'NotFoundError') throw error
    }
    return value
  }

  async provide(multihash: Uint8Array, signal: AbortSignal): Promise<void> {
    const cid = CID.createV1(rawCodec, Digest.decode(multihash))
    for await (const _ of this.libp2p.services.dht.provide(cid, { signal }));
  }

  async findProviders(multihash: Uint8Array, signal: AbortSignal): Promise<string[]> {
    const cid = CID.createV1(rawCodec, Digest.decode(multihash))
    const found = new Set<string>()
    for await (const event of this.libp2p.services.dht.findProviders(cid, { signal })) {
      if (event.name === 'PROVIDER') for (const one of event.providers) found.add(one.id.toString())
    }
    return [...found]
  }

  async stop(): Promise<void> {
    await this.libp2p.stop()
  }
}
