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
import { type Implementation, textOf } from './implementation.ts'
import { RawDht } from './raw-dht.ts'

/** A DHT of three nodes: theirs, ours, and a second one of ours that is connected with theirs only. */
export interface Session {
  readonly protocol: string
  readonly theirId: Uint8Array
  readonly ourId: Uint8Array
  /** our node, which theirs is connected with */
  readonly ours: DhtNode
  /** our store on our node, and on our second node */
  readonly store: DhtRecordStore
  readonly reader: DhtRecordStore
  /** single messages to their node, and to ours */
  readonly atTheirs: RawDht
  readonly atOurs: RawDht
  stop(): Promise<void>
}

/** Protocols that an implementation requires. Under /ipfs, the DHT of Go accepts only /pk and /ipns: the others use our own. */
const protocols = new Map([
  ['kubo', '/ipfs/lan/kad/1.0.0'],
  ['python', '/ipfs/kad/1.0.0']
])

const sessions = new WeakMap<Implementation, Promise<Session>>()

/** The DHT session with an implementation; it starts once and lasts until {@link endSession}. */
export function sessionWith(implementation: Implementation): Promise<Session> {
  const running = sessions.get(implementation) ?? start(implementation)
  sessions.set(implementation, running)
  return running
}

export async function endSession(implementation: Implementation): Promise<void> {
  try {
    await (await sessions.get(implementation))?.stop()
  } catch {
    // it never started: the cells contain the reason
  }
}

/** A js-libp2p node whose records RecordKit validates, orders and stores. */
function ownNode(protocol: string): Promise<DhtNode> {
  const engine = newEngine()
  const manager = new RecordManager({ engine, store: new MemoryRecordStore() })
  const datastore = validatingDatastore(new MemoryDatastore(), manager)
  return DhtNode.start({ protocol, datastore, ...kadDhtValidation(engine) })
}

const storeOn = (node: DhtNode, protocol: string): DhtRecordStore =>
  new DhtRecordStore({
    routing: kadDhtRouting(node.libp2p.services.dht, { dialer: node.libp2p, protocol }),
    engine: newEngine(),
    timeout: 20_000
  })

async function start(implementation: Implementation): Promise<Session> {
  const protocol = protocols.get(implementation.name) ?? '/recordkit/kad/1.0.0'
  const theirs = await implementation.call('dht.start', { texts: { protocol } })
  const address = loopback(theirs['addresses'] as string[])
  const [ours, reader] = await Promise.all([ownNode(protocol), ownNode(protocol)])
  const stop = async (): Promise<void> => {
    await Promise.all([ours.stop(), reader.stop()])
    await implementation.call('dht.stop').catch(() => {})
  }
  try {
    const signal = AbortSignal.timeout(30_000)
    await implementation.call('dht.connect', { texts: { address: loopback(ours.addresses) } })
    await ours.connect(address, signal)
    await reader.connect(address, signal)
    return {
      protocol,
      theirId: parsePeerId(textOf(theirs, 'peer')),
      ourId: multihashOf(ours.libp2p.peerId),
      ours,
      store: storeOn(ours, protocol),
      reader: storeOn(reader, protocol),
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
