import { multiaddr } from '@multiformats/multiaddr'
import { bytes, expect, refusalCode, sendPutValue, startNodes, StepReporter, text } from '@recordkit/example-shared'
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

/** Signed provider records and signed metadata of one content. Returns the number of failed steps. */
export async function scenario(print: (line: string) => void): Promise<number> {
  const reporter = new StepReporter(print)
  const cid = CID.createV1(raw.code, await sha256.digest(bytes('A photograph of the moon')))
  // nodes 1 and 2 are providers, nodes 1 and 3 are curators, node 3 looks for the content
  const pairs = await Promise.all([generateKeyPair(), generateKeyPair(), generateKeyPair()])
  const [curator, , other] = pairs
  const nodes = await startNodes(3, (index) => ({
    namespaces: namespaces([curator.peerId, other.peerId]),
    keyPair: pairs[index]
  }))
  try {
    const [first, second, reader] = nodes as [Node, Node, Node]
    await provide(reporter, cid, [first, second], reader)
    await describe(reporter, cid, first, second, reader)
    await stopProviding(reporter, cid, first, second, reader)
  } finally {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()))
  }
  return reporter.failed
}

async function provide(reporter: StepReporter, cid: CID, providers: readonly Node[], reader: Node): Promise<void> {
  reporter.section(`Nodes 1 and 2 provide ${cid.toString()}`)
  for (const [index, { libp2p, manager, keyPair }] of providers.entries()) {
    await reporter.step(`node ${index + 1} puts a signed provider record and an unsigned one of the DHT`, async () => {
      const addresses = encodeProviderAddresses(libp2p.getMultiaddrs().map((address) => address.bytes))
      const { receipt } = await manager.put(providerKey(cid.multihash.bytes, keyPair.peerId), addresses)
      await libp2p.contentRouting.provide(cid)
      return `${(await receipt?.complete)?.copies.reached} copies`
    })
  }
  await reporter.step('node 3 finds the unsigned records and verifies the signed ones', async () => {
    const found = await findProviders(reader, cid)
    expect(found.length === 2, `${found.length} providers`)
    return found.join(', ')
  })
  await reporter.step('node 1 cannot sign a provider record of node 2', async () => {
    const [first, second] = providers as [Node, Node]
    const key = providerKey(cid.multihash.bytes, second.keyPair.peerId)
    const code = await refusalCode(first.manager.put(key, encodeProviderAddresses([])))
    expect(code === 'AUTHOR_FORBIDDEN', code)
    return `refused, ${code}`
  })
}

async function describe(reporter: StepReporter, cid: CID, first: Node, second: Node, reader: Node): Promise<void> {
  reporter.section('Curators describe the content')
  const key = metaKey(cid)
  const putMeta = (node: Node, meta: Meta): Promise<unknown> => node.manager.put(key, bytes(JSON.stringify(meta)))
  const meta: Meta = { title: 'Moon', mediaType: 'image/png', size: 24 }
  await reporter.step('node 1 describes it', async () => {
    await putMeta(first, meta)
    return text(await reader.manager.get(key))
  })
  await reporter.step('node 3, another curator, corrects the description', async () => {
    await putMeta(reader, { ...meta, mediaType: 'text/plain' })
    const record = await second.manager.getRecord(key, { noCache: true })
    expect(record !== undefined && text(record.content).includes('text/plain'), `found ${text(record?.content)}`)
    return `${text(record.content)}, sequence ${record.sequence}`
  })
  await reporter.step('node 2, which is not a curator, is refused', async () => {
    const code = await refusalCode(putMeta(second, { ...meta, title: 'Buy this' }))
    expect(code === 'AUTHOR_FORBIDDEN', code)
    return `refused, ${code}`
  })
  await reporter.step('a description that does not match the schema is refused, also from a curator', async () => {
    const code = await refusalCode(putMeta(first, { ...meta, size: -1 }))
    expect(code === 'CONTENT_INVALID', code)
    return `refused, ${code}`
  })
}

async function stopProviding(reporter: StepReporter, cid: CID, first: Node, second: Node, reader: Node): Promise<void> {
  reporter.section('Node 1 stops providing')
  const key = providerKey(cid.multihash.bytes, first.keyPair.peerId)
  const old = await first.manager.getRecord(key)
  await reporter.step('its signed record is revoked; the unsigned one is still in the DHT and is ignored', async () => {
    await first.manager.revoke(key)
    const found = await findProviders(reader, cid)
    expect(found.length === 1 && found[0]?.startsWith(peerIdToString(second.keyPair.peerId)) === true, found.join(', '))
    return `remaining: ${found.join(', ')}`
  })
  await reporter.step('node 2 replays the old record', async () => {
    const value = old?.value ?? new Uint8Array()
    expect(!(await sendPutValue(second.libp2p, reader.libp2p.peerId, key, value)), 'node 3 accepted it')
    const { code } = await reader.manager.receive(key, value)
    expect(code === 'STALE', `node 3 returned ${code}`)
    return `refused, ${code}`
  })
}

/**
 * Returns the providers with a signed record, each with its first address. The unsigned provider records of the DHT are only
 * used to find candidates.
 */
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
