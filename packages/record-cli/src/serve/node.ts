import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import type { KadDHT } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { exportPrivateKey } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { withRecords } from '@recordkit/record-libp2p'
import type { RecordsService } from '@recordkit/record-libp2p'
import type { RecordStore } from '@recordkit/record-store'
import type { RecordMetrics, Signer } from '@recordkit/record-types'
import { LevelDatastore } from 'datastore-level'
import { createLibp2p } from 'libp2p'
import { createEngine } from '@recordkit/record-inspect'
import { CommandError, exitStatus, failureOf, systemMessages, usageError } from '../failure.ts'
import type { Log } from './log.ts'

export interface NodeSetting {
  readonly identity: KeyPair
  readonly signers: readonly Signer[]
  readonly store: RecordStore
  /** the directory of what the node knows of its peers */
  readonly directory: string
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly protocol: string
  /** use private addresses too */
  readonly isLan: boolean
  /** do not serve the DHT */
  readonly isClient: boolean
  readonly metrics: RecordMetrics
}

export type DhtNode = Libp2p<{ readonly dht: KadDHT; readonly records: RecordsService }>

/** A node that runs. */
export interface RunningNode {
  readonly node: DhtNode
  /** Stops the node, then closes what it knows of its peers. */
  stop(): Promise<void>
}

/** Starts a js-libp2p node with records. @throws CommandError when it cannot listen */
export async function startDhtNode(setting: NodeSetting): Promise<RunningNode> {
  const { identity, signers, store, directory, listen, announce, protocol, isLan, isClient, metrics } = setting
  const quic = listen.some((address) => address.includes('/quic-v1')) ? [await loadQuic()] : []
  const datastore = new LevelDatastore(directory)
  try {
    await datastore.open()
    const dht = kadDHT({ protocol, clientMode: isClient, ...(isLan ? { peerInfoMapper: passthroughMapper } : {}) })
    const node = await createLibp2p(
      withRecords(
        {
          privateKey: privateKeyFromProtobuf(exportPrivateKey(identity)),
          datastore,
          addresses: { listen: [...listen], announce: [...announce] },
          transports: [tcp(), webSockets(), ...quic],
          connectionEncrypters: [noise()],
          streamMuxers: [yamux()],
          services: { identify: identify(), ping: ping(), dht }
        },
        { engine: createEngine(), store, signer: identity, signers, metrics, dht: { protocol } }
      )
    )
    return {
      node: node as unknown as DhtNode,
      async stop() {
        await node.stop()
        await datastore.close()
      }
    }
  } catch (error) {
    await datastore.close().catch(() => undefined)
    throw new CommandError(
      exitStatus.failed,
      'LISTEN_FAILED',
      `the node cannot listen on ${listen.join(', ')} (--listen): ${listenReason(error)}`,
      error
    )
  }
}

/** QUIC is a native module, which not every platform has. @throws RecordError `INVALID_ARGUMENT` */
async function loadQuic(): Promise<ReturnType<(typeof import('@chainsafe/libp2p-quic'))['quic']>> {
  try {
    const { quic } = await import('@chainsafe/libp2p-quic')
    return quic()
  } catch {
    throw usageError('--listen has an address of QUIC, which @chainsafe/libp2p-quic does not support on this platform')
  }
}

/** The message of libp2p contains the stacks of the errors of its transports. */
function listenReason(error: unknown): string {
  const { message } = failureOf(error)
  const code = /\bE(?:ADDRINUSE|ADDRNOTAVAIL|ACCES)\b/.exec(message)?.[0]
  return (code && systemMessages[code]) ?? message.replace(/ at .*/s, '')
}

/** Multiaddrs of an option. @throws RecordError `INVALID_ARGUMENT` naming it */
export function parseAddresses(texts: readonly string[], option: string): Multiaddr[] {
  return texts.map((text) => {
    try {
      return multiaddr(text)
    } catch {
      throw usageError(`--${option} is "${text}"; an address such as /ip4/127.0.0.1/tcp/4001 is expected`)
    }
  })
}

/** ms between two attempts to connect while there are no peers */
const bootstrapInterval = 60_000

/** Connects to known peers, now and whenever there are no peers. @returns a function that ends it */
export function keepConnected(node: DhtNode, peers: readonly Multiaddr[], log: Log): () => void {
  const ended = new AbortController()
  const connect = async (): Promise<void> => {
    if (node.getPeers().length > 0) return
    await Promise.all(
      peers.map(async (peer) => {
        try {
          await node.dial(peer, { signal: ended.signal })
          log('info', 'peer:connected', { address: peer.toString() })
        } catch (error) {
          if (!ended.signal.aborted)
            log('warn', 'peer:unreachable', { address: peer.toString(), message: failureOf(error).message })
        }
      })
    )
  }
  void connect()
  const timer = setInterval(() => void connect(), bootstrapInterval)
  return () => {
    clearInterval(timer)
    ended.abort()
  }
}
