import { randomBytes } from 'node:crypto'
import { decodeIpnsRecord, ipnsNameToString, ipnsRoutingKey } from '@recordkit/record-codec'
import { exportPrivateKey, sha256 } from '@recordkit/record-crypto'
import type { KeyType, RoutingAck } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { delegatedRouting } from '@recordkit/store-dht/delegated'
import { multiaddr } from '@multiformats/multiaddr'
import { hex } from '../bytes.ts'
import type { Check } from '../check.ts'
import { newEngine, newKeyPair } from '../own.ts'
import { type Peer, PeerUnsupported, textOf } from '../peer.ts'
import { type Session, sessionWith } from '../session.ts'
import type { Row } from '../table.ts'
import { soon } from './dht.ts'
import { ourRecord, readHere, value } from './ipns.ts'

const minute = 60_000_000_000n

interface Served {
  readonly session: Session
  readonly routing: ReturnType<typeof delegatedRouting>
  readonly store: DhtRecordStore
}

/** Our routing over their HTTP, nothing of it remembered from another row. */
async function served(peer: Peer): Promise<Served> {
  if (peer.name !== 'kubo') throw new PeerUnsupported('no server of Delegated Routing V1 comes with it')
  const session = await sessionWith(peer)
  const endpoint = textOf(await peer.call('routing.start'), 'endpoint')
  const routing = delegatedRouting({ endpoints: [endpoint], parseAddress: (text) => multiaddr(text).bytes })
  return { session, routing, store: new DhtRecordStore({ routing, engine: newEngine(), timeout: 20_000 }) }
}

async function putBy(type: KeyType, { session, store }: Served, peer: Peer, check: Check): Promise<void> {
  const ours = await newKeyPair(type)
  const key = ipnsRoutingKey(ours.peerId)
  const record = await ourRecord(ours)
  const receipt = await store.put(key, record)
  check.equal(receipt.peers.map(({ status }) => status).join(), 'stored', `the receipt of our ${type} record`)
  check.equal((await session.atTheirs.get(key))?.value ?? '', record, `our ${type} record as their node holds it`)
  const copy = await soon(() => session.atOurs.get(key))
  check.equal(copy?.value ?? '', record, `our ${type} record as they hand it on over the DHT`)
  const resolved = await peer.call('ipns.resolve', { texts: { name: `/ipns/${ipnsNameToString(ours.peerId)}` } })
  check.equal(resolved['value'], value, `what they resolve of our ${type} name`)
  check.equal((await store.get(key))?.record.value ?? '', record, `our ${type} record as they answer it`)
}

const weHand: Row = {
  name: 'Delegated Routing: we PUT, they hold and hand on',
  async run(peer, check) {
    const all = await served(peer)
    for (const type of ['Ed25519', 'RSA', 'Secp256k1', 'ECDSA'] as const) await putBy(type, all, peer, check)
  }
}

const theyAnswer: Row = {
  name: 'Delegated Routing: they publish, we GET',
  async run(peer, check) {
    const { session, store } = await served(peer)
    for (const type of ['Ed25519', 'RSA'] as const) {
      const theirs = await newKeyPair(type)
      const made = await peer.call('ipns.make', {
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
    // one that only our node has: they ask the DHT for us
    const ours = await newKeyPair('Ed25519')
    const key = ipnsRoutingKey(ours.peerId)
    const record = await ourRecord(ours)
    check.that(await session.atOurs.put(key, record), 'our node does not take our record')
    check.equal((await store.get(key))?.record.value ?? '', record, 'a record that they find at our node alone')
    const nobody = await newKeyPair('Ed25519')
    check.equal(await store.get(ipnsRoutingKey(nobody.peerId)), undefined, 'a name that nobody published')
  }
}

/** What a server says to bytes that it is not to take, past our own store, which would not send them. */
const refusals: Row = {
  name: 'Delegated Routing: forged and older records',
  async run(peer, check) {
    const { session, routing } = await served(peer)
    const signer = await newKeyPair('Ed25519')
    const key = ipnsRoutingKey(signer.peerId)
    const outcome = async (record: Uint8Array): Promise<RoutingAck['status'] | undefined> => {
      for await (const ack of routing.put(key, record)) return ack.status
      return undefined
    }
    check.equal(await outcome(await ourRecord(await newKeyPair('Ed25519'))), 'refused', 'another signer')
    check.equal(await outcome(new Uint8Array(randomBytes(200))), 'refused', 'bytes that are no record')
    check.equal(await session.atTheirs.get(key), undefined, 'what they hold of refused records')
    check.equal(await outcome(await ourRecord(signer, { sequence: 9n })), 'stored', 'a good record')
    const older = await outcome(await ourRecord(signer, { sequence: 8n }))
    if (older !== 'refused') check.note('answers 200 to an older record over HTTP, and keeps the newer')
    const held = await session.atTheirs.get(key)
    check.equal(decodeIpnsRecord(held?.value ?? new Uint8Array()).sequence, 9n, 'the sequence that they hold')
  }
}

const providers: Row = {
  name: 'Delegated Routing: who provides',
  async run(peer, check) {
    const { session, routing } = await served(peer)
    const multihash = new Uint8Array([0x12, 0x20, ...sha256(randomBytes(32))])
    await session.ours.provide(multihash, AbortSignal.timeout(30_000))
    const found = await soon(async () => {
      for await (const provider of routing.findProviders?.(multihash) ?? []) return provider
      return undefined
    })
    check.equal(found?.id ?? '', session.ourId, 'the provider that they find')
    check.that((found?.addresses.length ?? 0) > 0, 'they give no address of it')
  }
}

export const delegatedRows: readonly Row[] = [weHand, theyAnswer, refusals, providers]
