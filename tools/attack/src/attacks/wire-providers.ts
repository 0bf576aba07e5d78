import type { Libp2p, Stream } from '@libp2p/interface'
import { readBytes, readFieldsLeniently, readUint32 } from '@recordkit/record-codec/protobuf'
import type { RecordsOptions, RecordsService } from '@recordkit/record-libp2p'
import { createTestNode, messageTypes } from '@recordkit/record-test-network'
import { equalBytes, limits, systemClock } from '@recordkit/record-types'
import { ipns, ownerInKey, providers, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { setTimeout } from 'node:timers/promises'
import type { Attack, Field, Result } from '../attack.ts'
import { protocol } from '../field-network.ts'
import { keyPair, ownKey, sealed } from '../records.ts'
import { addressOf, multihashOf, providersMessage } from '../wire/provider-messages.ts'
import type { NamedProvider } from '../wire/provider-messages.ts'
import { bodyOf, StockPeer } from '../wire/stock-peer.ts'
import { connect, startRealNode } from '../wire/store-node.ts'
import type { RealNode, RealNodeOptions } from '../wire/store-node.ts'

/** bytes of an address: the maximum that is kept */
const addressSize = 512
/** more addresses than are kept of a provider */
const manyAddresses = 65
/** A message of at most 4 MiB contains at most this number of providers. */
const mostProviders = 120

interface NodeOptions extends Pick<RealNodeOptions, 'announce'>, Pick<RecordsOptions, 'inbound' | 'clock'> {
  readonly signs?: boolean
}

/** Starts a node, with signed provider records where it has a signer. */
async function startNode({ random }: Field, { signs = false, announce, ...rest }: NodeOptions = {}): Promise<RealNode> {
  const signer = await keyPair(random)
  const namespaces = [ipns(), signed('config', { authors: ownerInKey() }), ...(signs ? [providers()] : [])]
  return startRealNode({
    records: {
      engine: new ValidationEngine(namespaces, { clock: rest.clock }),
      store: new MemoryRecordStore({ clock: rest.clock }),
      signer: signs ? signer : undefined,
      ...rest
    },
    pair: signer,
    announce
  })
}

/** Starts a peer that answers each search for providers with a message that `answer` makes, and echoes the rest. */
async function startNamer(answer: (key: Uint8Array) => Uint8Array): Promise<Libp2p> {
  const libp2p = await createTestNode()
  const getProviders = messageTypes.indexOf('GET_PROVIDERS')
  await libp2p.handle(protocol, async (stream: Stream) => {
    try {
      const chunks: number[] = []
      for await (const chunk of stream) {
        chunks.push(...chunk.subarray())
        const request = bodyOf(chunks)
        if (request === undefined) continue
        chunks.length = 0
        const { type, key } = requestOf(request)
        if (type === getProviders) stream.send(answer(key))
        else stream.send(Uint8Array.of(request.length, ...request))
      }
      await stream.close()
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)))
    }
  })
  return libp2p
}

/** Whether a node finds another one among the providers of content. */
/** Whether a provider is found soon: announcements are not acknowledged, and the node may not have read it yet. */
async function finds(records: RecordsService, multihash: Uint8Array, provider: Libp2p): Promise<boolean> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const found = await records.providers.getProviders(multihash, { timeout: 20_000 }).catch(() => [])
    if (found.some(({ id }) => equalBytes(id, provider.peerId.toMultihash().bytes))) return true
    await setTimeout(100)
  }
  return false
}

/** The bytes of all addresses that a node has cached for these contents. */
async function cachedBytes(records: RecordsService, contents: readonly Uint8Array[]): Promise<number> {
  let bytes = 0
  for (const multihash of contents) {
    for (const { addresses } of await records.providers.getProviders(multihash, { offline: true }))
      bytes += addresses.reduce((sum, { length }) => sum + length, 0)
  }
  return bytes
}

/** What js-libp2p keeps in the datastore of a node by itself: bounded by time only. */
async function beside({ datastore }: RealNode): Promise<string> {
  let entries = 0
  let bytes = 0
  for await (const { value } of datastore.query({ prefix: '/peers' })) {
    entries++
    bytes += value.length
  }
  return `js-libp2p keeps ${entries} peers in its peer store, ${(bytes / 1e6).toFixed(1)} MB`
}

const encoded = (provider: NamedProvider): number => provider.addresses.length * (addressSize + 3) + 40

export const wireProviders: readonly Attack[] = [
  {
    id: 'wire-provider-answers',
    title: 'a peer answers searches for 64 contents with 4 MiB of providers, of 65 addresses of 512 bytes each',
    bound: '20 providers of 32 addresses of 512 bytes per content; 16 MiB in all',
    async run(field: Field): Promise<Result> {
      const { random } = field
      await using node = await startNode(field)
      await using provider = await startNode(field)
      // made once; the IDs of the providers are new in each answer
      const addresses = Array.from({ length: manyAddresses }, () => addressOf(random, addressSize))
      const count = Math.min(mostProviders, Math.floor(4_100_000 / encoded({ id: multihashOf(random), addresses })))
      const namer = await startNamer((key) =>
        providersMessage(
          'GET_PROVIDERS',
          key,
          Array.from({ length: count }, () => ({ id: multihashOf(random), addresses }))
        )
      )
      try {
        await connect(node, [provider.libp2p, namer])
        const honest = { right: 0, of: 0 }
        const own = multihashOf(random)
        await provider.records.providers.addProvider(own)
        const contents = Array.from({ length: field.short ? 8 : 64 }, () => multihashOf(random))
        let named = 0
        for (const [index, content] of contents.entries()) {
          named += (await node.records.providers.getProviders(content, { timeout: 20_000 })).length
          if (index % 8 > 0) continue
          honest.of++
          if (await finds(node.records, own, provider.libp2p)) honest.right++
        }
        const kib = Math.ceil((await cachedBytes(node.records, contents)) / 1024)
        return {
          tried: contents.length,
          accepted: named === 0 ? contents.length : 0,
          honest,
          sizes: [
            { what: 'KiB of addresses in the cache', size: kib, most: 16_384 },
            { what: 'providers per content', size: Math.ceil(named / contents.length), most: 20 }
          ],
          beside: await beside(node),
          attacked: node
        }
      } finally {
        await namer.stop()
      }
    }
  },
  {
    id: 'wire-provider-entries',
    title: 'one peer announces contents without end, each with 65 addresses of 512 bytes',
    bound: '25 messages per second and peer; kad-dht keeps an entry of its announcements for 48 hours',
    async run(field) {
      await using node = await startNode(field)
      await using provider = await startNode(field)
      await connect(node, [provider.libp2p])
      await using peer = await StockPeer.start()
      const { random } = field
      const addresses = Array.from({ length: manyAddresses }, () => addressOf(random, addressSize))
      const honest = { right: 0, of: 0 }
      let tried = 0
      const started = performance.now()
      for (const end = started + field.times(20_000, 1_000); performance.now() < end;) {
        const message = providersMessage('ADD_PROVIDER', multihashOf(random), [{ id: peer.id, addresses }])
        await Promise.all(Array.from({ length: 8 }, async () => peer.send(node.addresses, message)))
        tried += 8
        if (tried % 80 > 0) continue
        const content = multihashOf(random)
        honest.of++
        await provider.records.providers.addProvider(content)
        if (await finds(node.records, content, provider.libp2p)) honest.right++
      }
      const seconds = Math.ceil((performance.now() - started) / 1000)
      let entries = 0
      for await (const _ of node.datastore.queryKeys({ prefix: '/dht/provider' })) entries++
      // one entry per honest announcement
      const most = 25 + 25 * seconds + honest.of
      const sizes = [{ what: `provider entries after ${seconds} s`, size: entries, most }]
      return { tried, accepted: 0, honest, sizes, beside: await beside(node), attacked: node }
    }
  },
  {
    id: 'wire-bans',
    title: 'a banned peer comes back while more other peers are active than are tracked',
    bound: 'rates and scores of 20 peers (10,000 by default); bans of 80 (40,000 by default), for 60 s',
    async run(field) {
      const { random, times } = field
      const now = systemClock()
      // the clock stands still, so that the ban does not end
      await using node = await startNode(field, { inbound: { maxTrackedPeers: 20 }, clock: () => now })
      const [owner, forger] = [await keyPair(random), await keyPair(random)]
      const key = ownKey(owner, 'x')
      const forged = await sealed({ key, signer: forger, sequence: 1n, now })
      const broken = random.damaged(await sealed({ key, signer: owner, sequence: 1n, now }), 150)
      await using banned = await StockPeer.start()
      const honest = { right: 0, of: 0 }
      let accepted = 0
      let tried = 0
      for (; tried < 40; tried++)
        if (await banned.put(node.addresses, key, tried % 2 === 0 ? broken : forged)) accepted++
      const others = times(150, 60)
      for (let other = 0; other < others; other++) {
        await using peer = await StockPeer.start()
        const own = ownKey(owner, `o${other}`)
        const value = await sealed({ key: own, signer: owner, sequence: 1n, now })
        honest.of++
        if (await peer.put(node.addresses, own, value)) honest.right++
        if (other % 10 > 0) continue
        // valid: the only reason for a refusal is the ban
        tried++
        if (await banned.put(node.addresses, own, value)) accepted++
      }
      return { tried, accepted, honest, attacked: node }
    }
  },
  {
    id: 'wire-own-addresses',
    title: 'nodes with 65 to 300 addresses of their own announce content, signed and unsigned',
    bound: 'at most 32 addresses in an announcement; 8 KiB per signed provider record',
    async run(field) {
      await using node = await startNode(field, { signs: true })
      const honest = { right: 0, of: 0 }
      let most = 0
      for (const count of [65, 130, 300]) {
        const announce = Array.from({ length: count }, (_, index) => `/ip4/203.0.${index >> 8}.${index & 255}/tcp/4001`)
        await using provider = await startNode(field, { signs: true, announce })
        await connect(provider, [node.libp2p])
        const content = multihashOf(field.random)
        const receipt = await provider.records.providers.addProvider(content).catch(() => undefined)
        honest.of += 2
        if ((receipt?.copies.reached ?? 0) > 0) honest.right++
        const found = await node.records.providers.getProviders(content, { timeout: 20_000 })
        const [first] = found
        if (first?.signed === true) honest.right++
        most = Math.max(most, ...found.map(({ addresses }) => addresses.length))
      }
      return { tried: 3, accepted: 0, honest, sizes: [{ what: 'addresses of a provider', size: most, most: 32 }] }
    }
  }
]

function requestOf(request: Uint8Array): { readonly type: number; readonly key: Uint8Array } {
  const fields = readFieldsLeniently(request, limits.dhtMessage, 'DHT message', [8, 18])
  return { type: readUint32(fields, 0) ?? 0, key: readBytes(fields, 1) ?? new Uint8Array(0) }
}
