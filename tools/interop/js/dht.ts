import { RecordEnvelope } from '@libp2p/peer-record'
import { ipnsSelector } from 'ipns/selector'
import { ipnsValidator } from 'ipns/validator'
import { type Operations, hex, refusing } from './arguments.ts'
import { DhtNode } from './node.ts'

/** The namespace /interop: a value is an envelope under RecordKit's domain, opened with js-libp2p's own code. */
const envelopes = {
  interop: async (_key: Uint8Array, value: Uint8Array): Promise<void> => {
    await RecordEnvelope.openAndCertify(value, 'recordkit-signed-record')
  }
}

let node: DhtNode | undefined

const startNode = (protocol: string): Promise<DhtNode> =>
  DhtNode.start({
    protocol,
    validators: { ipns: ipnsValidator, ...envelopes },
    selectors: { ipns: ipnsSelector, interop: () => 0 }
  })

const running = (): DhtNode => {
  if (node === undefined) throw new Error('no node is running')
  return node
}

const timeout = (): AbortSignal => AbortSignal.timeout(30_000)

export async function stopNode(): Promise<void> {
  await node?.stop()
  node = undefined
}

export const dhtOperations: Operations = {
  'pk.judge': async (call) => {
    // kad-dht does not export this validator; it is only available from a node
    const started = node ?? (node = await startNode('/ipfs/kad/1.0.0'))
    await refusing(() => started.libp2p.services.dht.validators['pk']?.(call.bytes('key'), call.bytes('value')))
    return {}
  },
  'dht.start': async (call) => {
    await stopNode()
    node = await startNode(call.text('protocol'))
    return { peer: node.peer, addresses: node.addresses }
  },
  'dht.stop': async () => {
    await stopNode()
    return {}
  },
  'dht.connect': async (call) => {
    await running().connect(call.text('address'), timeout())
    return {}
  },
  'dht.put': async (call) => ({ stored: await running().put(call.bytes('key'), call.bytes('value'), timeout()) }),
  'dht.get': async (call) => {
    const value = await running().get(call.bytes('key'), timeout())
    return value === undefined ? {} : { value: hex(value) }
  },
  'dht.provide': async (call) => {
    await running().provide(call.bytes('multihash'), timeout())
    return {}
  },
  'dht.findProviders': async (call) => ({
    providers: await running().findProviders(call.bytes('multihash'), timeout())
  })
}
