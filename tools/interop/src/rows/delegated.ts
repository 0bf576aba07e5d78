import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeIpnsRecord, ipnsNameToString, ipnsRoutingKey, parseIpnsName } from '@recordkit/record-codec'
import { exportPrivateKey, sha256 } from '@recordkit/record-crypto'
import { createRecordHandler } from '@recordkit/record-http'
import { nodeListener } from '@recordkit/record-http/node'
import { RecordManager } from '@recordkit/record-manager'
import { MemoryRecordStore } from '@recordkit/store-memory'
import type { KeyType, RoutingAck } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { delegatedRouting } from '@recordkit/store-dht/delegated'
import { multiaddr } from '@multiformats/multiaddr'
import { hex } from '../bytes.ts'
import type { Check } from '../check.ts'
import { newEngine, newKeyPair } from '../own.ts'
import { type Implementation, OperationUnsupported, textOf } from '../implementation.ts'
import { type Session, sessionWith } from '../session.ts'
import type { Row } from '../table.ts'
import { eventually } from './dht.ts'
import { ourRecord, readHere, value } from './ipns.ts'

const minute = 60_000_000_000n

interface DelegatedSession {
  readonly session: Session
  readonly routing: ReturnType<typeof delegatedRouting>
  readonly store: DhtRecordStore
}

/** Our routing over their HTTP server, without a cache from another row. */
async function connect(implementation: Implementation): Promise<DelegatedSession> {
  if (implementation.name !== 'kubo') throw new OperationUnsupported('it has no Delegated Routing V1 server')
  const session = await sessionWith(implementation)
  const endpoint = textOf(await implementation.call('routing.start'), 'endpoint')
  const routing = delegatedRouting([endpoint], { parseAddress: (text) => multiaddr(text).bytes })
  return { session, routing, store: new DhtRecordStore({ routing, engine: newEngine(), timeout: 20_000 }) }
}

async function putBy(
  type: KeyType,
  { session, store }: DelegatedSession,
  implementation: Implementation,
  check: Check
): Promise<void> {
  const ours = await newKeyPair(type)
  const key = ipnsRoutingKey(ours.peerId)
  const record = await ourRecord(ours)
  const receipt = await store.put(key, record)
  check.equal(receipt.peers.map(({ status }) => status).join(), 'stored', `the receipt of our ${type} record`)
  check.equal((await session.atTheirs.get(key))?.value ?? '', record, `our ${type} record as their node stores it`)
  const copy = await eventually(() => session.atOurs.get(key))
  check.equal(copy?.value ?? '', record, `our ${type} record as they publish it to the DHT`)
  const resolved = await implementation.call('ipns.resolve', {
    texts: { name: `/ipns/${ipnsNameToString(ours.peerId)}` }
  })
  check.equal(resolved['value'], value, `the value that they resolve for our ${type} name`)
  check.equal((await store.get(key))?.record.value ?? '', record, `our ${type} record as they return it`)
}

const wePut: Row = {
  name: 'Delegated Routing: we PUT, they store and publish',
  async run(implementation, check) {
    const all = await connect(implementation)
    for (const type of ['Ed25519', 'RSA', 'Secp256k1', 'ECDSA'] as const) await putBy(type, all, implementation, check)
  }
}

const weGet: Row = {
  name: 'Delegated Routing: they publish, we GET',
  async run(implementation, check) {
    const { session, store } = await connect(implementation)
    for (const type of ['Ed25519', 'RSA'] as const) {
      const theirs = await newKeyPair(type)
      const made = await implementation.call('ipns.make', {
        bytes: { private: exportPrivateKey(theirs) },
        texts: { value },
        numbers: { sequence: 3n, ttl: minute }
      })
      const key = ipnsRoutingKey(theirs.peerId)
      const found = await store.get(key)
      check.equal(hex(found?.record.value ?? new Uint8Array()), made['record'], `their ${type} record`)
      check.equal(
        Buffer.from((await readHere(key, found?.record.value ?? new Uint8Array())).value).toString(),
        value,
        'value'
      )
    }
    // a record that only our node stores: they query the DHT
    const ours = await newKeyPair('Ed25519')
    const key = ipnsRoutingKey(ours.peerId)
    const record = await ourRecord(ours)
    check.that(await session.atOurs.put(key, record), 'our node refuses our record')
    check.equal((await store.get(key))?.record.value ?? '', record, 'a record that they find at our node only')
    const unpublished = await newKeyPair('Ed25519')
    check.equal(await store.get(ipnsRoutingKey(unpublished.peerId)), undefined, 'a name that was never published')
  }
}

/** How a server answers invalid values. Our store would not send them, so they go through the routing. */
const refusals: Row = {
  name: 'Delegated Routing: forged and older records',
  async run(implementation, check) {
    const { session, routing } = await connect(implementation)
    const signer = await newKeyPair('Ed25519')
    const key = ipnsRoutingKey(signer.peerId)
    const statusOf = async (record: Uint8Array): Promise<RoutingAck['status'] | undefined> => {
      for await (const ack of routing.put(key, record)) return ack.status
      return undefined
    }
    check.equal(await statusOf(await ourRecord(await newKeyPair('Ed25519'))), 'refused', 'another signer')
    check.equal(await statusOf(new Uint8Array(randomBytes(200))), 'refused', 'bytes that are not a record')
    check.equal(await session.atTheirs.get(key), undefined, 'a refused record at their node')
    check.equal(await statusOf(await ourRecord(signer, { sequence: 9n })), 'stored', 'a valid record')
    const older = await statusOf(await ourRecord(signer, { sequence: 8n }))
    if (older !== 'refused') check.note('answers 200 to an older record over HTTP, but keeps the newer one')
    const stored = await session.atTheirs.get(key)
    check.equal(decodeIpnsRecord(stored?.value ?? new Uint8Array()).sequence, 9n, 'the sequence that they store')
  }
}

const providers: Row = {
  name: 'Delegated Routing: providers',
  async run(implementation, check) {
    const { session, routing } = await connect(implementation)
    const multihash = new Uint8Array([0x12, 0x20, ...sha256(randomBytes(32))])
    await session.ours.provide(multihash, AbortSignal.timeout(30_000))
    const found = await eventually(async () => {
      for await (const provider of routing.findProviders?.(multihash) ?? []) return provider
      return undefined
    })
    check.equal(found?.id ?? '', session.ourId, 'the provider that they find')
    check.that((found?.addresses.length ?? 0) > 0, 'they return no address of the provider')
  }
}

/** Their node has no DHT, and asks our server for everything. */
const theyAsk: Row = {
  name: 'Delegated Routing: they ask our server',
  async run(implementation, check) {
    if (implementation.name !== 'kubo') throw new OperationUnsupported('it has no Delegated Routing V1 client')
    const manager = new RecordManager({ engine: newEngine(), store: new MemoryRecordStore() })
    const server = createServer(nodeListener(createRecordHandler({ manager })))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as AddressInfo
      await implementation.call('routing.ask', { texts: { endpoint: `http://127.0.0.1:${port}` } })
      const name = textOf(await implementation.call('routing.publish', { texts: { value } }), 'name')
      const found = await manager.get(ipnsRoutingKey(parseIpnsName(name)))
      check.equal(new TextDecoder().decode(found), value, 'what they published through our server')
      for (const type of ['Ed25519', 'RSA', 'Secp256k1', 'ECDSA'] as const) {
        const ours = await newKeyPair(type)
        await manager.putSigned(ipnsRoutingKey(ours.peerId), await ourRecord(ours))
        // without a network the manager stores records for itself only, until they are published
        await manager.republish(ipnsRoutingKey(ours.peerId))
        const resolved = await implementation.call('routing.resolve', {
          texts: { name: `/ipns/${ipnsNameToString(ours.peerId)}` }
        })
        check.equal(resolved['value'], value, `what they resolve for our ${type} name through our server`)
      }
      const missing = ipnsNameToString((await newKeyPair('Ed25519')).peerId)
      const miss = await implementation.call('routing.resolve', { texts: { name: missing } }).then(() => '', String)
      check.that(miss.includes('could not resolve name'), 'a name without a record is a miss for them')
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

export const delegatedRows: readonly Row[] = [wePut, weGet, refusals, providers, theyAsk]
