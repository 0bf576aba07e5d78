import { fetch } from '@libp2p/fetch'
import type { Fetch } from '@libp2p/fetch'
import { gossipsub } from '@libp2p/gossipsub'
import type { GossipSub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { ipnsNameToString, ipnsRoutingKey } from '@recordkit/record-codec'
import { exportPrivateKey } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { records } from '@recordkit/record-libp2p'
import type { RecordsService } from '@recordkit/record-libp2p'
import { nodePubsub } from '@recordkit/record-libp2p/pubsub'
import type { RecordManager } from '@recordkit/record-manager'
import { topicFromKey } from '@recordkit/store-dht/pubsub'
import { createLibp2p } from 'libp2p'
import { utf8 } from '../bytes.ts'
import type { Check } from '../check.ts'
import { type Implementation, OperationRefused, OperationUnsupported } from '../implementation.ts'
import { newEngine, newKeyPair } from '../own.ts'
import type { Row } from '../table.ts'
import { eventually } from './dht.ts'
import { value } from './ipns.ts'

type Node = Libp2p<{ pubsub: GossipSub; fetch: Fetch; records: RecordsService }>

/** Our node, which exchanges records over PubSub only, and theirs. */
interface PubsubSession {
  readonly node: Node
  readonly manager: RecordManager
  readonly address: string
}

async function startNode(): Promise<Node> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      ping: ping(),
      pubsub: gossipsub(),
      fetch: fetch(),
      records: records({ engine: newEngine(), dht: false, network: { copies: 0, timeout: 5000 }, pubsub: nodePubsub() })
    }
  })
}

async function withNode(implementation: Implementation, run: (session: PubsubSession) => Promise<void>): Promise<void> {
  if (implementation.name !== 'kubo') throw new OperationUnsupported('it has no router of records over PubSub')
  const { addresses } = await implementation.call('pubsub.start')
  const address = (addresses as string[]).find((text) => text.startsWith('/ip4/127.0.0.1/tcp/'))
  if (address === undefined) throw new Error('Kubo has no address on loopback')
  const node = await startNode()
  try {
    await node.dial(multiaddr(address))
    await run({ node, manager: node.services.records.manager, address })
  } finally {
    await node.stop()
    await node.services.records.close()
  }
}

/** Waits until our node knows that a peer is subscribed to the topic of a key. */
async function waitForSubscriber({ node }: PubsubSession, key: Uint8Array): Promise<void> {
  const { pubsub } = node.services
  while (pubsub.getSubscribers(topicFromKey(key)).length === 0)
    await new Promise((resolve) => pubsub.addEventListener('subscription-change', resolve, { once: true }))
}

/** What they resolve; `undefined` while they find no record. */
async function theyResolve(implementation: Implementation, owner: KeyPair): Promise<unknown> {
  try {
    const name = `/ipns/${ipnsNameToString(owner.peerId)}`
    return (await implementation.call('pubsub.resolve', { texts: { name } }))['value']
  } catch (error) {
    if (error instanceof OperationRefused) return undefined
    throw error
  }
}

const theyPublish: Row = {
  name: 'PubSub: they publish, we receive',
  async run(implementation, check) {
    await withNode(implementation, async (session) => {
      for (const type of ['Ed25519', 'RSA'] as const) {
        const owner = await newKeyPair(type)
        const key = ipnsRoutingKey(owner.peerId)
        const publish = async (path: string, sequence: bigint): Promise<void> => {
          await implementation.call('pubsub.publish', {
            bytes: { private: exportPrivateKey(owner) },
            texts: { name: ipnsNameToString(owner.peerId), value: path },
            numbers: { sequence }
          })
        }
        const watching = session.manager.watch(key)
        const next = async (): Promise<string> =>
          Buffer.from((await watching.next()).value?.content ?? new Uint8Array()).toString()
        for (const sequence of [1n, 2n, 3n]) {
          const received = next()
          await publish(`${value}/${sequence}`, sequence)
          check.equal(await received, `${value}/${sequence}`, `their ${type} record ${sequence}`)
          await waitForSubscriber(session, key)
        }
        await checkLateNode(session, key, check)
        await watching.return(undefined)
      }
    })
  }
}

/** A node of ours that subscribes after the publication asks theirs for the record. */
async function checkLateNode({ address }: PubsubSession, key: Uint8Array, check: Check): Promise<void> {
  const late = await startNode()
  try {
    const watching = late.services.records.manager.watch(key)
    const received = watching.next()
    await late.dial(multiaddr(address))
    const { value: record } = await received
    check.equal(Buffer.from(record?.content ?? new Uint8Array()).toString(), `${value}/3`, 'what we fetch from them')
    await watching.return(undefined)
  } finally {
    await late.stop()
    await late.services.records.close()
  }
}

const wePublish: Row = {
  name: 'PubSub: we publish, they resolve',
  async run(implementation, check) {
    await withNode(implementation, async (session) => {
      const { manager } = session
      for (const type of ['Ed25519', 'RSA', 'Secp256k1', 'ECDSA'] as const) {
        const owner = await newKeyPair(type)
        const key = ipnsRoutingKey(owner.peerId)
        check.equal(await theyResolve(implementation, owner), undefined, `the ${type} name before it is published`)
        // they subscribe to what they resolve
        await waitForSubscriber(session, key)
        for (const count of [1, 2, 3]) {
          const path = `${value}/ours/${count}`
          await manager.put(key, utf8(path), { signer: owner })
          const resolved = await eventually(async () => {
            const found = await theyResolve(implementation, owner)
            return found === path ? found : undefined
          })
          check.equal(resolved, path, `what they resolve after our ${type} record ${count}`)
        }
      }
      // published before they subscribe: they ask us
      const owner = await newKeyPair('Ed25519')
      const key = ipnsRoutingKey(owner.peerId)
      await manager.put(key, utf8(value), { signer: owner, offline: true })
      await manager.republish(key)
      const found = await eventually(() => theyResolve(implementation, owner))
      check.equal(found, value, 'what they fetch from us')
    })
  }
}

export const pubsubRows: readonly Row[] = [theyPublish, wePublish]
