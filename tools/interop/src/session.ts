import type { PeerId } from '@libp2p/interface'
import { validatingDatastore, kadDhtValidation } from '@recordkit/record-libp2p'
import { RecordManager } from '@recordkit/record-manager'
import { parsePeerId } from '@recordkit/record-codec'
import { DhtRecordStore } from '@recordkit/store-dht'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { DhtNode } from '../js/node.ts'
import { newEngine } from './own.ts'
import { type Peer, textOf } from './peer.ts'
import { RawDht } from './raw-dht.ts'

/** A DHT of three nodes: theirs, ours, and a second one of ours that knows nobody but theirs. */
export interface Session {
  readonly protocol: string
  readonly theirId: Uint8Array
  readonly ourId: Uint8Array
  /** our node, that theirs knows */
  readonly ours: DhtNode
  /** our store on our node, and on the node that knows nobody but theirs */
  readonly store: DhtRecordStore
  readonly reader: DhtRecordStore
  /** messages to their node alone, and to ours alone */
  readonly atTheirs: RawDht
  readonly atOurs: RawDht
  stop(): Promise<void>
}

/** Where the choice is theirs. Under /ipfs, Go's DHT takes no namespaces but /pk and /ipns, so the others have their own. */
const protocols = new Map([
  ['kubo', '/ipfs/lan/kad/1.0.0'],
  ['python', '/ipfs/kad/1.0.0']
])

const sessions = new WeakMap<Peer, Promise<Session>>()

/** The peer's DHT session; it is started once and lasts as long as the peer. */
export function sessionWith(peer: Peer): Promise<Session> {
  const running = sessions.get(peer) ?? start(peer)
  sessions.set(peer, running)
  return running
}

export async function endSession(peer: Peer): Promise<void> {
  try {
    await (await sessions.get(peer))?.stop()
  } catch {
    // it never started: the cells say why
  }
}

/** A js-libp2p node whose records are validated, ordered and kept by RecordKit. */
function ownNode(protocol: string): Promise<DhtNode> {
  const engine = newEngine()
  const manager = new RecordManager({ engine, store: new MemoryRecordStore() })
  const datastore = validatingDatastore(new MemoryDatastore(), manager)
  return DhtNode.start({ protocol, datastore, ...kadDhtValidation(engine) })
}

const storeOn = (node: DhtNode): DhtRecordStore =>
  new DhtRecordStore({ routing: kadDhtRouting(node.libp2p.services.dht), engine: newEngine(), timeout: 20_000 })

async function start(peer: Peer): Promise<Session> {
  const protocol = protocols.get(peer.name) ?? '/recordkit/kad/1.0.0'
  const theirs = await peer.call('dht.start', { texts: { protocol } })
  const address = loopback(theirs['addresses'] as string[])
  const [ours, reader] = await Promise.all([ownNode(protocol), ownNode(protocol)])
  const stop = async (): Promise<void> => {
    await Promise.all([ours.stop(), reader.stop()])
    await peer.call('dht.stop').catch(() => {})
  }
  try {
    const signal = AbortSignal.timeout(30_000)
    await peer.call('dht.connect', { texts: { address: loopback(ours.addresses) } })
    await ours.connect(address, signal)
    await reader.connect(address, signal)
    return {
      protocol,
      theirId: parsePeerId(textOf(theirs, 'peer')),
      ourId: multihashOf(ours.libp2p.peerId),
      ours,
      store: storeOn(ours),
      reader: storeOn(reader),
      atTheirs: new RawDht(reader.libp2p, address, protocol),
      atOurs: new RawDht(reader.libp2p, loopback(ours.addresses), protocol),
      stop
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function loopback(addresses: readonly string[]): string {
  const address = addresses.find((text) => text.startsWith('/ip4/127.0.0.1/tcp/'))
  if (address === undefined) throw new Error(`no loopback address among ${addresses.join(' ')}`)
  return address
}

const multihashOf = (peer: PeerId): Uint8Array => peer.toMultihash().bytes
