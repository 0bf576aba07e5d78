import { multiaddr } from '@multiformats/multiaddr'
import { bytes, expect, putOnWire, refusal, startNodes, StepReporter, text } from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import {
  decodeProviderAddresses,
  encodeProviderAddresses,
  peerIdToString,
  providerKey,
  splitProviderKey
} from '@recordkit/record-codec'
import { generateKeyPair } from '@recordkit/record-crypto'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { metaKey, namespaces } from './records.ts'
import type { Meta } from './records.ts'

/** Tells who has a content and what it is, both signed; answers how many steps did not hold. */
export async function story(say: (line: string) => void): Promise<number> {
  const reporter = new StepReporter(say)
  const cid = CID.createV1(raw.code, await sha256.digest(bytes('A photograph of the moon')))
  // nodes 1 and 2 provide; 1 and 3 are curators; 3 looks for the content
  const pairs = await Promise.all([generateKeyPair(), generateKeyPair(), generateKeyPair()])
  const [curator, , other] = pairs
  const nodes = await startNodes(3, (index) => ({
    namespaces: namespaces([curator.peerId, other.peerId]),
    ...(pairs[index] === undefined ? {} : { keyPair: pairs[index] })
  }))
  try {
    const [first, second, reader] = nodes as [Node, Node, Node]
    await provided(reporter, cid, [first, second], reader)
    await described(reporter, cid, first, second, reader)
    await revoked(reporter, cid, first, second, reader)
  } finally {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()))
  }
  return reporter.failed
}

async function provided(reporter: StepReporter, cid: CID, owners: readonly Node[], reader: Node): Promise<void> {
  reporter.section(`Nodes 1 and 2 have ${cid.toString()}`)
  for (const [index, { libp2p, manager, keyPair }] of owners.entries()) {
    await reporter.step(`node ${index + 1} says so, signed, and leaves the DHT's unsigned hint`, async () => {
      const addresses = encodeProviderAddresses(libp2p.getMultiaddrs().map((address) => address.bytes))
      const { receipt } = await manager.put(providerKey(cid.multihash.bytes, keyPair.peerId), addresses)
      await libp2p.contentRouting.provide(cid)
      return `${receipt?.copies.reached} copies`
    })
  }
  await reporter.step('node 3 follows the hints and believes the signed ones', async () => {
    const found = await findProviders(reader, cid)
    expect(found.length === 2, `${found.length} providers`)
    return found.join(', ')
  })
  await reporter.step('node 1 cannot speak for node 2', async () => {
    const [first, second] = owners as [Node, Node]
    const key = providerKey(cid.multihash.bytes, second.keyPair.peerId)
    const code = await refusal(first.manager.put(key, encodeProviderAddresses([])))
    expect(code === 'AUTHOR_FORBIDDEN', code)
    return `refused, ${code}`
  })
}

async function described(reporter: StepReporter, cid: CID, first: Node, second: Node, reader: Node): Promise<void> {
  reporter.section('Curators say what it is')
  const key = metaKey(cid)
  const describe = (node: Node, meta: Meta): Promise<unknown> => node.manager.put(key, bytes(JSON.stringify(meta)))
  const meta: Meta = { title: 'Moon', mediaType: 'image/png', size: 24 }
  await reporter.step('node 1 describes it', async () => {
    await describe(first, meta)
    return text(await reader.manager.get(key))
  })
  await reporter.step('node 3, a curator too, corrects it', async () => {
    await describe(reader, { ...meta, mediaType: 'text/plain' })
    const record = await second.manager.getRecord(key, { noCache: true })
    expect(record?.sequence === 1n && text(record.content).includes('text/plain'), `found ${text(record?.content)}`)
    return `${text(record.content)}, sequence ${record.sequence}`
  })
  await reporter.step('node 2, no curator, may not', async () => {
    const code = await refusal(describe(second, { ...meta, title: 'Buy this' }))
    expect(code === 'AUTHOR_FORBIDDEN', code)
    return `refused, ${code}`
  })
  await reporter.step('nor does a curator get nonsense past the schema', async () => {
    const code = await refusal(describe(first, { ...meta, size: -1 }))
    expect(code === 'CONTENT_INVALID', code)
    return `refused, ${code}`
  })
}

async function revoked(reporter: StepReporter, cid: CID, first: Node, second: Node, reader: Node): Promise<void> {
  reporter.section('Node 1 provides it no longer')
  const key = providerKey(cid.multihash.bytes, first.keyPair.peerId)
  const old = await first.manager.getRecord(key)
  await reporter.step('it revokes; its hint is still in the DHT, and nobody believes it', async () => {
    await first.manager.revoke(key)
    const found = await findProviders(reader, cid)
    expect(found.length === 1 && found[0]?.startsWith(peerIdToString(second.keyPair.peerId)) === true, found.join(', '))
    return `left: ${found.join(', ')}`
  })
  await reporter.step('the old statement, replayed by node 2', async () => {
    const value = old?.value ?? new Uint8Array()
    expect(!(await putOnWire(second.libp2p, reader.libp2p.peerId, key, value)), 'node 3 took it')
    const { code } = await reader.manager.receive(key, value)
    expect(code === 'STALE', `node 3 answered ${code}`)
    return `refused, ${code}`
  })
}

/** Providers that say so themselves, with their first address; a hint of the DHT only tells whom to ask about. */
async function findProviders({ libp2p, manager }: Node, cid: CID): Promise<string[]> {
  const found: string[] = []
  for await (const { id } of libp2p.contentRouting.findProviders(cid)) {
    const key = providerKey(cid.multihash.bytes, id.toMultihash().bytes)
    const addresses = await manager.get(key, { noCache: true })
    if (addresses === undefined) continue
    const [address] = decodeProviderAddresses(addresses)
    found.push(`${peerIdToString(splitProviderKey(key).provider)} at ${multiaddr(address).toString()}`)
  }
  return found
}
